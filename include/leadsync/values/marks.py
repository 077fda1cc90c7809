"""The marks that a frame's cell can carry beside a value (docs/architecture.md, Values)."""

from __future__ import annotations

ABSENT = "\0absent"
INVALID = "\0!"


def invalid(raw: object) -> str:
    """Mark a raw value that has no canonical form."""
    return INVALID + str(raw).replace("\0", "")


def is_invalid(value: str | None) -> bool:
    """Tell whether ``value`` carries the invalid mark."""
    return value is not None and value.startswith(INVALID)


def shown(value: str | None) -> str | None:
    """Return the value as people see it, without marks."""
    if value is None or value == ABSENT:
        return None
    return value.removeprefix(INVALID)
