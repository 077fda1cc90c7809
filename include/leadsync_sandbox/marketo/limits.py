"""Daily quota, rate window, usage statistics (reference/marketo-rest.md 4, 5, 15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from leadsync_sandbox.common.clock import SandboxClock
from leadsync_sandbox.common.database import Database
from leadsync_sandbox.common.settings import Settings
from leadsync_sandbox.marketo.envelope import MarketoError

CENTRAL = ZoneInfo("America/Chicago")
#: codes of calls that use up neither quota nor window (4.2).
NOT_COUNTED = frozenset(("601", "602", "604", "605", "608", "611"))
REJECTIONS = frozenset(("606", "607", "615"))


class Limits:
    """Counts calls for the whole instance; the day starts at midnight US Central."""

    def __init__(self, database: Database, clock: SandboxClock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    def check(self, running: int) -> None:
        """Refuse a call that passes a limit.

        :param running: calls under way, this one included.
        :raises MarketoError: 607, 606 or 615, in this order.
        """
        quota, rate = self._settings["daily_quota"], self._settings["rate_limit"]
        if quota and self._used_today() >= quota:
            raise MarketoError("607", "Daily quota reached")
        seconds = self._settings["rate_window_seconds"]
        if rate and self._recent(seconds) >= rate:
            raise MarketoError("606", f"Max rate limit '{rate}' exceeded with in '{seconds}' secs")
        most = self._settings["concurrency_limit"]
        if most and running > most:
            raise MarketoError("615", f"Concurrent access limit '{most}' reached")

    def _used_today(self) -> int:
        sql = "SELECT coalesce(sum(calls), 0) FROM usage WHERE day = ?"
        return int(self._database.value(sql, (self._day(),)))

    def _recent(self, seconds: int) -> int:
        edge = self._clock.now().timestamp() - seconds
        self._database.run("DELETE FROM recent_call WHERE at <= ?", (edge,))
        return int(self._database.value("SELECT count(*) FROM recent_call"))

    def count(self, user: str, codes: tuple[str, ...]) -> None:
        """Count a finished call, unless its error code is one that does not count."""
        self._count_errors(codes)
        if NOT_COUNTED.intersection(codes):
            return
        if REJECTIONS.intersection(codes) and not self._settings["rejected_calls_count"]:
            return
        self._database.run("INSERT INTO recent_call VALUES (?)", (self._clock.now().timestamp(),))
        self._database.run(
            "INSERT INTO usage VALUES (?, ?, 1) "
            "ON CONFLICT (day, user) DO UPDATE SET calls = calls + 1",
            (self._day(), user),
        )

    def _count_errors(self, codes: tuple[str, ...]) -> None:
        for code in codes:
            self._database.run(
                "INSERT INTO error_usage VALUES (?, ?, 1) "
                "ON CONFLICT (day, code) DO UPDATE SET calls = calls + 1",
                (self._day(), code),
            )

    def _day(self) -> str:
        return central_day(self._clock.now())

    def usage(self, days: int) -> list[dict[str, Any]]:
        """Return calls by user of today and the days before, ``days`` in all."""
        return [
            {
                "date": day,
                "total": sum(row["calls"] for row in rows),
                "users": [{"userId": row["user"], "count": row["calls"]} for row in rows],
            }
            for day, rows in self._by_day("usage", days)
        ]

    def errors(self, days: int) -> list[dict[str, Any]]:
        """Return errors by code, as :meth:`usage` does calls."""
        return [
            {
                "date": day,
                "total": sum(row["calls"] for row in rows),
                "errors": [{"errorCode": row["code"], "count": row["calls"]} for row in rows],
            }
            for day, rows in self._by_day("error_usage", days)
        ]

    def _by_day(self, table: str, days: int) -> list[tuple[str, list[Any]]]:
        now = self._clock.now()
        wanted = [central_day(now - timedelta(days=back)) for back in range(days)]
        sql = f"SELECT * FROM {table} WHERE day = ? ORDER BY 2"
        return [(day, self._database.rows(sql, (day,))) for day in wanted]


def central_day(moment: datetime) -> str:
    """Return the day of the daily limits, such as ``2026-01-31``."""
    return moment.astimezone(CENTRAL).date().isoformat()
