"""What an alert says, as plain text and as HTML; personal data and secrets are masked."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

from leadsync.redaction import redact

Level = Literal["failure", "warning", "success"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One message to people.

    :param title: one line without personal data; the subject of an e-mail.
    :param facts: label and text, in the order in which people want to read them.
    :param link: address of the log or page that tells more, or nothing.
    """

    level: Level
    title: str
    facts: tuple[tuple[str, str], ...]
    link: str = ""

    @property
    def subject(self) -> str:
        """The title, with the sender's name before it."""
        return f"leadsync: {self.title}"

    def text(self) -> str:
        """Return the facts a line each, and the link."""
        lines = [f"{label}: {redact(value)}" for label, value in self.facts if value]
        return "\n".join([*lines, f"Log: {self.link}"] if self.link else lines)

    def html(self) -> str:
        """Return the facts as a table, and the link."""
        rows = "".join(
            f'<tr><th align="left" valign="top">{escape(label)}</th>'
            f"<td>{escape(redact(value))}</td></tr>"
            for label, value in self.facts
            if value
        )
        link = f'<p><a href="{escape(self.link)}">Open the log</a></p>' if self.link else ""
        return f"<table>{rows}</table>{link}"
