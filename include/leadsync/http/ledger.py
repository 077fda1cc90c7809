"""Call ledger of one process; the state store has the one that all workers share."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from datetime import date, datetime

from leadsync.clock import Clock, format_instant
from leadsync.errors import QuotaSpentError
from leadsync.http.limits import (
    Limits,
    longest_window,
    merged_limits,
    quota_day,
    quota_reset,
    seconds_until_slot,
    used_share,
)
from leadsync.model import Pace


class MemoryLedger:
    """Implements :class:`leadsync.ports.CallLedger` with exact sliding windows; thread-safe.

    :param limits: by system name; systems that are left out get the default limits.
    """

    def __init__(self, clock: Clock, limits: Mapping[str, Limits] | None = None) -> None:
        self._clock = clock
        self._limits = merged_limits(limits or {})
        self._recent: dict[str, deque[tuple[float, int]]] = {}
        self._days: Counter[tuple[str, date]] = Counter()
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def acquire(self, system: str) -> None:
        """Wait until a call to ``system`` fits its limits, and count it.

        :raises QuotaSpentError: the day's share is used up.
        """
        while (wait := self._try(system)) > 0:
            self._clock.sleep(wait)

    def pace(self, system: str) -> Pace:
        """Return how fast calls to ``system`` may go."""
        return self._limits[system].pace

    def calls(self) -> dict[str, int]:
        """Return the number of calls made, by system."""
        with self._lock:
            return dict(self._calls)

    def used_today(self, system: str) -> float:
        """Return how much of our calls of the day is used."""
        limits = self._limits[system]
        with self._lock:
            return used_share(limits, self._days[system, quota_day(limits, self._clock.now())])

    def _try(self, system: str) -> float:
        """Count a call and return 0, or return the seconds to wait."""
        limits = self._limits[system]
        with self._lock:
            now = self._clock.now()
            refuse_when_spent(system, limits, self._days[system, quota_day(limits, now)], now)
            recent = self._forget_old(system, limits, now)
            wait = seconds_until_slot(limits.windows, recent, now.timestamp())
            if wait <= 0:
                recent.append((now.timestamp(), 1))
                self._days[system, quota_day(limits, now)] += 1
                self._calls[system] += 1
            return wait

    def _forget_old(self, system: str, limits: Limits, now: datetime) -> deque[tuple[float, int]]:
        recent = self._recent.setdefault(system, deque())
        horizon = now.timestamp() - longest_window(limits)
        while recent and recent[0][0] <= horizon:
            recent.popleft()
        return recent


def refuse_when_spent(system: str, limits: Limits, calls_today: int, now: datetime) -> None:
    """Refuse a call when ``calls_today`` has used up the day's budget.

    :raises QuotaSpentError: with the time of the reset.
    """
    budget = limits.day_budget
    if budget is None or calls_today < budget:
        return
    resets_at = quota_reset(limits, now)
    raise QuotaSpentError(
        f"our share of the daily quota, {budget} calls, is used up",
        system=system,
        call="any call",
        remedy=f"The sync goes on by itself after {format_instant(resets_at)}; "
        "raise daily_call_share in the connection if more of the quota is ours.",
        resets_at=resets_at,
    )
