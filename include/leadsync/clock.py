"""Time, handed in so that tests and simulation decide what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Source of the current time and of waiting."""

    def now(self) -> datetime:
        """Return the current time, zone-aware in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant as both systems write it; a missing zone means UTC.

    Accepts ``Z``, ``+0000``, ``+00:00`` and Marketo's asset form ``Z+0000``
    (reference/marketo-rest.md 6.2).

    :raises ValueError: when ``text`` is no instant.
    """
    cleaned = text.strip().replace("Z+0000", "Z")
    parsed = datetime.fromisoformat(cleaned)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def format_instant(moment: datetime) -> str:
    """Write an instant in UTC to the whole second, such as ``2026-01-31T10:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
