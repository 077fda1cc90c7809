"""The sandbox's clock: real time plus an offset that is kept in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leadsync_sandbox.common.keep import Keep


class SandboxClock:
    """Time as one stand-in sees it; it can be advanced, set and frozen through control."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def now(self) -> datetime:
        """Return the sandbox's current time in UTC, with microseconds."""
        frozen = self._keep.get("clock.frozen")
        if frozen is not None:
            return datetime.fromisoformat(frozen)
        return datetime.now(UTC) + timedelta(seconds=self._keep.get("clock.offset", 0.0))

    def second(self) -> datetime:
        """Return the current time cut to the whole second, as both systems store it."""
        return self.now().replace(microsecond=0)

    def advance(self, seconds: float) -> None:
        """Move the clock; a negative number moves it back."""
        frozen = self._keep.get("clock.frozen")
        if frozen is not None:
            moved = datetime.fromisoformat(frozen) + timedelta(seconds=seconds)
            self._keep.put("clock.frozen", moved.isoformat())
            return
        self._keep.put("clock.offset", self._keep.get("clock.offset", 0.0) + seconds)

    def set_to(self, moment: datetime) -> None:
        """Make ``moment`` the current time."""
        self.advance((moment - self.now()).total_seconds())

    def freeze(self, frozen: bool) -> None:
        """Stop the clock, so that only :meth:`advance` moves it, or let it run again from there."""
        now = self.now()
        self._keep.put("clock.frozen", now.isoformat() if frozen else None)
        if not frozen:
            self._keep.put("clock.offset", (now - datetime.now(UTC)).total_seconds())


def parse_moment(text: str) -> datetime:
    """Read an ISO 8601 instant; a missing zone means UTC.

    :raises ValueError: when ``text`` is no instant.
    """
    parsed = datetime.fromisoformat(text)
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError as problem:
        raise ValueError(f"{text} is out of range in UTC") from problem


def format_moment(moment: datetime) -> str:
    """Write an instant in UTC to the whole second, such as ``2026-01-31T10:00:00Z``."""
    plain = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{plain.isoformat()}Z"
