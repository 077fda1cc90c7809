"""String comparison as SQL Server does it: without case, with ``%``, ``_`` and ``[a-c]``."""

from __future__ import annotations

import re
from functools import lru_cache


def fold(value: str | None) -> str | None:
    """Return ``value`` in the form in which strings compare."""
    return value.casefold() if isinstance(value, str) else value


def matches(value: str | None, pattern: str) -> bool | None:
    """Tell whether ``value`` fits a LIKE pattern; null fits nothing."""
    if value is None:
        return None
    return _compiled(pattern).fullmatch(value.casefold()) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\[\^?[^\]]+\]|.", pattern.casefold(), re.DOTALL)
    return re.compile("".join(_part(part) for part in parts), re.DOTALL)


def _part(part: str) -> str:
    if len(part) > 1:
        inner = part[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{inner}]"
    return {"%": ".*", "_": "."}.get(part, re.escape(part))
