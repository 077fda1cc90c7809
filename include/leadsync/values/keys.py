"""Keys: GUIDs in lower case, and the e-mail key that people are matched by (semantics.md 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadsync.values.marks import invalid, is_marked
from leadsync.values.raw import clean

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class GuidConverter:
    """A GUID, written in lower case without braces; text on the Marketo side."""

    def from_marketo(self, raw: object) -> str | None:
        return canonical_guid(raw)

    def from_dynamics(self, raw: object) -> str | None:
        return canonical_guid(raw)

    def to_marketo(self, value: str | None) -> str | None:
        return value

    def to_dynamics(self, value: str | None) -> str | None:
        return value


def canonical_guid(raw: object) -> str | None:
    """Return a GUID in lower case without braces; other text comes back with the invalid mark."""
    if raw is None:
        return None
    text = clean(raw).strip().strip("{}").lower() if isinstance(raw, str) else ""
    if raw == "" or _GUID.fullmatch(text):
        return text or None
    return invalid(raw)


def email_key(value: str | None) -> str | None:
    """Return the key that e-mail addresses are matched by: trimmed and case-folded (F08).

    :returns: ``None`` for null, blank, absent and invalid values.
    """
    if value is None or is_marked(value):
        return None
    return clean(value).strip().casefold() or None
