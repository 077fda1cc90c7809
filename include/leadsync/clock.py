"""Time, handed in so that tests and simulation decide what time it is."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)

_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)"
    r"(?P<zone>Z|Z\+0000|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


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


@lru_cache(maxsize=1024)
def parse_instant(text: str) -> datetime:
    """Read an instant as both systems write it and return it in UTC; a missing zone means UTC.

    :raises ValueError: ``text`` is no instant, or lies outside of the years 1 to 9999 in UTC.
    """
    moment = parse_reading(text)
    try:
        return _zoned(moment).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside of the years 1 to 9999 in UTC") from None


def parse_reading(text: str) -> datetime:
    """Read a date, or date and time, as it is written; without a zone where it names none.

    Accepts ``2026-01-31``, a time after ``T`` or a space, fractions of a second, and the zones
    ``Z``, ``+0000``, ``+00:00`` and Marketo's ``Z+0000`` (reference/marketo-rest.md 6.2). Other
    forms of ISO 8601, such as week dates, are refused.

    :raises ValueError: ``text`` is nothing of that.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no date or time such as 2026-01-31T10:00:00Z")
    date, time_of_day, zone = found.group("date", "time", "zone")
    offset = (zone or "").replace("Z+0000", "Z")
    return datetime.fromisoformat(f"{date}T{time_of_day or '00:00'}{offset}")


def format_instant(moment: datetime) -> str:
    """Write an instant in UTC to the whole second, such as ``2026-01-31T10:00:00Z``.

    A missing zone means UTC. What UTC cannot express becomes the first or the last instant that
    it can.
    """
    try:
        utc = _zoned(moment).astimezone(UTC)
    except OverflowError:
        utc = FIRST_INSTANT if moment.year == FIRST_INSTANT.year else LAST_INSTANT
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _zoned(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
