"""The marks that a frame's cell can carry beside a value (docs/architecture.md, Values)."""

from __future__ import annotations

from leadsync.values.raw import raw_text

ABSENT = "\0absent"
INVALID = "\0!"


def invalid(raw: object) -> str:
    """Mark a raw value that has no canonical form."""
    return INVALID + raw_text(raw)


def is_invalid(value: str | None) -> bool:
    """Tell whether ``value`` carries the invalid mark."""
    return value is not None and value.startswith(INVALID)


def is_marked(value: str | None) -> bool:
    """Tell whether ``value`` is absent or invalid: no value in canonical form."""
    return value is not None and value.startswith("\0")


def shown(value: str | None) -> str | None:
    """Return the value as people see it, without marks."""
    if value is None or value == ABSENT:
        return None
    return value.removeprefix(INVALID)
