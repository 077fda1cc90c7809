"""Arithmetic of call limits: sliding windows and daily quotas, without clocks or storage.

Both the in-memory ledger and the one in the state store decide by these functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from leadsync.model import Pace

#: Seconds; shorter waits may vanish in a clock's resolution, and the caller would spin.
SHORTEST_WAIT = 0.001

#: (instant in epoch seconds, calls made then), oldest first.
Counts = Iterable[tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``calls`` in any ``seconds`` seconds."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What one system allows us.

    :param windows: sliding windows, all of which must hold.
    :param per_day: calls per day of the whole instance; ``None``: no daily quota.
    :param share: the part of ``per_day`` that is ours.
    :param day_zone: time zone whose midnight starts a new day.
    """

    windows: tuple[Window, ...] = ()
    per_day: int | None = None
    share: float = 1.0
    day_zone: str = "UTC"

    @property
    def day_budget(self) -> int | None:
        """Calls that we may make in one day."""
        return None if self.per_day is None else int(self.per_day * self.share)

    @property
    def pace(self) -> Pace:
        """How fast calls may go in the long run."""
        slowest = max(self.windows, key=lambda window: window.seconds / window.calls)
        return Pace(slowest.calls, slowest.seconds, self.day_budget)


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What we have used of one system's daily quota.

    :param used: our calls on the quota's current day.
    :param budget: calls that we may make a day; ``None``: no daily quota.
    :param resets_at: when the day ends.
    """

    used: int
    budget: int | None
    resets_at: datetime


def marketo_limits(
    calls_per_20s: int = 50, daily_call_share: float = 0.9, daily_calls: int = 50_000
) -> Limits:
    """Return Marketo's courtesy limits (reference/marketo-rest.md 5)."""
    return Limits(
        windows=(Window(calls_per_20s, 20.0),),
        per_day=daily_calls,
        share=daily_call_share,
        day_zone="America/Chicago",
    )


def dynamics_limits(share: float = 1.0) -> Limits:
    """Return ``share`` of the service protection limit (reference/dataverse-webapi.md 14)."""
    return Limits(windows=(Window(max(1, int(6000 * share)), 300.0),))


def default_limits() -> dict[str, Limits]:
    """Return the limits of both systems that hold without configuration."""
    return {"marketo": marketo_limits(), "dynamics": dynamics_limits()}


def used_share(limits: Limits, calls_today: int) -> float:
    """Return which part of the day's calls is used; 0 where there is no daily quota."""
    budget = limits.day_budget
    if budget is None:
        return 0.0
    return calls_today / budget if budget else 1.0


def seconds_until_slot(
    windows: Iterable[Window], counts: Counts, now: float, resolution: float = 0.0
) -> float:
    """Return how long to wait until one more call fits every window; 0 when it fits now.

    :param counts: calls of the recent past, oldest first; older ones than a window are ignored.
    :param now: epoch seconds.
    :param resolution: width in seconds of the buckets that ``counts`` start; a bucket leaves a
        window only with its last possible call.
    """
    stamps = list(counts)
    return max((_wait(window, stamps, now, resolution) for window in windows), default=0.0)


def _wait(window: Window, stamps: list[tuple[float, int]], now: float, resolution: float) -> float:
    inside = 0
    for instant, calls in reversed(stamps):
        leaves = instant + resolution + window.seconds
        if leaves <= now:
            break
        inside += calls
        if inside >= window.calls:
            return max(leaves - now, SHORTEST_WAIT)
    return 0.0


def longest_window(limits: Limits) -> float:
    """Return for how many seconds a ledger must remember calls."""
    return max((window.seconds for window in limits.windows), default=0.0)


def quota_day(limits: Limits, now: datetime) -> date:
    """Return the day of the quota that ``now`` falls into."""
    return now.astimezone(ZoneInfo(limits.day_zone)).date()


def quota_reset(limits: Limits, now: datetime) -> datetime:
    """Return the midnight, in UTC, that ends the quota's day."""
    following = quota_day(limits, now) + timedelta(days=1)
    midnight = datetime.combine(following, datetime.min.time(), ZoneInfo(limits.day_zone))
    return midnight.astimezone(UTC)


def merged_limits(overrides: Mapping[str, Limits]) -> dict[str, Limits]:
    """Return :func:`default_limits` with ``overrides`` by system name."""
    return {**default_limits(), **overrides}
