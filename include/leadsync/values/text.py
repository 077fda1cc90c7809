"""Text: NFC with LF, null for the empty string, otherwise untouched (semantics.md 6)."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.values.marks import invalid, is_marked
from leadsync.values.number import plain_number
from leadsync.values.raw import clean


@dataclass(frozen=True, slots=True)
class TextConverter:
    """Text on both sides: names, addresses, notes, phone numbers, URLs, e-mail addresses.

    :param trims: blanks around the text are no part of it: Marketo's e-mail fields take none.
    """

    trims: bool = False

    def from_marketo(self, raw: object) -> str | None:
        return self._read(raw)

    def from_dynamics(self, raw: object) -> str | None:
        return self._read(raw)

    def _read(self, raw: object) -> str | None:
        text = canonical_text(raw)
        if not self.trims or text is None or is_marked(text):
            return text
        return text.strip() or None

    def to_marketo(self, value: str | None) -> str | None:
        return value

    def to_dynamics(self, value: str | None) -> str | None:
        return value


def canonical_text(raw: object) -> str | None:
    """Return a JSON scalar as canonical text; lists and objects are invalid."""
    if isinstance(raw, str):
        return clean(raw) or None
    if raw is None:
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return plain_number(raw) or invalid(raw)
