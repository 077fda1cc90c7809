"""Call ledger in the state store: all workers together keep within each system's limits."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, Executable, Table, bindparam, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from leadsync.clock import Clock
from leadsync.http.ledger import refuse_when_spent
from leadsync.http.limits import (
    Limits,
    QuotaUse,
    longest_window,
    merged_limits,
    quota_day,
    quota_reset,
    seconds_until_slot,
    used_share,
)
from leadsync.model import Pace
from leadsync.state.engine import reading, writing
from leadsync.state.tables import call_bucket, call_day

#: slices of the shortest window: more are more exact, and cost more to read.
_SLICES = 200
#: seconds of a slice for a system without windows, where slices are never read.
_ANY_SLICE = 1.0
_PRUNE_EVERY = 100
#: first half of an advisory lock's key; the second is the system.
_LOCK_CLASS = 531_326


class SqlCallLedger:
    """Implements :class:`leadsync.ports.CallLedger` for all processes that share a database.

    Calls are counted in slices of 1/200 of the shortest window, rounded to our disadvantage, so
    that no sliding window ever holds more calls than allowed. Nothing is locked while waiting.

    :param engine: of a migrated state store.
    :param clock: should be the same time on all hosts to a fraction of a second.
    :param limits: by system name; systems that are left out get the default limits.
    """

    def __init__(
        self, engine: Engine, clock: Clock, limits: Mapping[str, Limits] | None = None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._limits = merged_limits(limits or {})
        self._calls: Counter[str] = Counter()
        self._counting = threading.Lock()

    def acquire(self, system: str) -> None:
        """Wait until a call to ``system`` fits its limits, and count it.

        :raises QuotaSpentError: the day's share is used up.
        :raises ConfigurationError: the state store cannot be reached or written.
        """
        while (wait := self._try(system)) > 0:
            self._clock.sleep(wait)
        with self._counting:
            self._calls[system] += 1

    def pace(self, system: str) -> Pace:
        """Return how fast calls to ``system`` may go."""
        return self._limits[system].pace

    def calls(self) -> dict[str, int]:
        """Return the number of calls that this process made, by system."""
        with self._counting:
            return dict(self._calls)

    def usage(self) -> dict[str, QuotaUse]:
        """Return what all processes have used on each system's current quota day."""
        now = self._clock.now()
        with reading(self._engine) as connection:
            return {
                system: QuotaUse(
                    _calls_of_day(connection, system, _day(limits, now)),
                    limits.day_budget,
                    quota_reset(limits, now),
                )
                for system, limits in self._limits.items()
            }

    def used_today(self, system: str) -> float:
        """Return how much of our calls of the day is used, by all processes together."""
        limits = self._limits[system]
        with reading(self._engine) as connection:
            return used_share(
                limits, _calls_of_day(connection, system, _day(limits, self._clock.now()))
            )

    def _try(self, system: str) -> float:
        """Count a call and return 0, or return the seconds to wait."""
        limits = self._limits[system]
        with writing(self._engine) as connection:
            _lock(connection, system)
            now = self._clock.now()
            day = _day(limits, now)
            refuse_when_spent(system, limits, _calls_of_day(connection, system, day), now)
            width = _slice_seconds(limits)
            oldest = int((now.timestamp() - longest_window(limits)) // width) - 1
            counts = [(bucket * width, n) for bucket, n in _recent(connection, system, oldest)]
            wait = seconds_until_slot(limits.windows, counts, now.timestamp(), width)
            if wait <= 0:
                _count(connection, system, int(now.timestamp() // width), day)
                if self._calls[system] % _PRUNE_EVERY == 0:
                    _prune(connection, system, oldest)
            return wait


def _slice_seconds(limits: Limits) -> float:
    shortest = min((window.seconds for window in limits.windows), default=_ANY_SLICE * _SLICES)
    return shortest / _SLICES


def _day(limits: Limits, now: datetime) -> str:
    return quota_day(limits, now).isoformat()


def _lock(connection: Connection, system: str) -> None:
    """Let one process at a time count calls of ``system``; on SQLite the transaction does so."""
    if connection.dialect.name == "postgresql":
        key = zlib.crc32(system.encode()) & 0x7FFF_FFFF
        connection.execute(_TAKE_LOCK, {"class": _LOCK_CLASS, "system": key})


def _calls_of_day(connection: Connection, system: str, day: str) -> int:
    found: int | None = connection.execute(_OF_DAY, {"system": system, "day": day}).scalar()
    return found or 0


def _recent(connection: Connection, system: str, oldest: int) -> list[tuple[int, int]]:
    rows = connection.execute(_RECENT, {"system": system, "oldest": oldest})
    return [(bucket, calls) for bucket, calls in rows]


def _count(connection: Connection, system: str, bucket: int, day: str) -> None:
    in_bucket, in_day = _COUNTING[connection.dialect.name]
    connection.execute(in_bucket, {"system": system, "bucket": bucket, "calls": 1})
    connection.execute(in_day, {"system": system, "day": day, "calls": 1})


def _prune(connection: Connection, system: str, oldest: int) -> None:
    connection.execute(_PRUNE, {"system": system, "oldest": oldest})


_TAKE_LOCK = text("SELECT pg_advisory_xact_lock(:class, :system)")
_OF_DAY = select(call_day.c.calls).where(
    call_day.c.system == bindparam("system"), call_day.c.day == bindparam("day")
)
_RECENT = (
    select(call_bucket.c.bucket, call_bucket.c.calls)
    .where(
        call_bucket.c.system == bindparam("system"),
        call_bucket.c.bucket >= bindparam("oldest"),
    )
    .order_by(call_bucket.c.bucket)
)
_PRUNE = delete(call_bucket).where(
    call_bucket.c.system == bindparam("system"), call_bucket.c.bucket < bindparam("oldest")
)


def _adding_one(insert: Callable[[Table], Any], table: Table) -> Executable:
    conflict = insert(table).on_conflict_do_update(
        index_elements=list(table.primary_key), set_={"calls": table.c.calls + 1}
    )
    return cast("Executable", conflict)


_COUNTING = {
    "postgresql": [_adding_one(postgresql.insert, table) for table in (call_bucket, call_day)],
    "sqlite": [_adding_one(sqlite.insert, table) for table in (call_bucket, call_day)],
}
