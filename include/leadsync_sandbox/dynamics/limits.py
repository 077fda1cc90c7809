"""Service protection: three limits per user and a window of 300 seconds (reference 14)."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from leadsync_sandbox.common.database import Database
from leadsync_sandbox.dynamics.errors import ApiError

WINDOW = 300


class ServiceProtection:
    """The budget of one user at one moment."""

    def __init__(
        self, database: Database, settings: dict[str, Any], user_id: str, now: datetime
    ) -> None:
        self._database = database
        self._settings = settings
        self._user_id = user_id
        self._now = now.timestamp()
        self._requests, self._seconds = 0, 0.0

    def enter(self, running: int) -> None:
        """Let a request in.

        :param running: requests under way, this one included.
        :raises ApiError: 429 with ``Retry-After``; nothing was executed.
        """
        if not self._settings["service_protection"]:
            return
        self._count()
        if running > self._settings["concurrency_limit"]:
            limit = self._settings["concurrency_limit"]
            text = f"Number of concurrent requests exceeded the limit of {limit}."
            raise self._refusal("0x80072326", text, 1)
        if self._requests >= self._settings["request_limit"]:
            limit = self._settings["request_limit"]
            text = (
                f"Number of requests exceeded the limit of {limit} over time window of 300 seconds."
            )
            raise self._refusal("0x80072322", text, self._free_in(limit))
        if self._seconds >= self._settings["execution_seconds_limit"]:
            limit = self._settings["execution_seconds_limit"]
            text = (
                "Combined execution time of incoming requests exceeded limit of "
                f"{int(limit * 1000):,} milliseconds over time window of 300 seconds. Decrease "
                "number of concurrent requests or reduce the duration of requests and try again "
                "later."
            )
            raise self._refusal("0x80072321", text, self._free_in(1))

    def leave(self, seconds: float) -> None:
        """Charge a request that was executed."""
        spent = seconds + float(self._settings["call_seconds"])
        self._database.run("INSERT INTO usage VALUES (?, ?, ?)", (self._user_id, self._now, spent))
        self._requests += 1
        self._seconds += spent

    @property
    def headers(self) -> dict[str, str]:
        """Diagnostic response headers; the time is written with separator and decimals."""
        left = max(0, self._settings["request_limit"] - self._requests)
        time_left = max(0.0, self._settings["execution_seconds_limit"] - self._seconds)
        return {
            "x-ms-dop-hint": str(self._settings["dop_hint"]),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{time_left:,.2f}",
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(left),
        }

    def _count(self) -> None:
        start = self._now - WINDOW
        self._database.run(
            "DELETE FROM usage WHERE user_id = ? AND at <= ?", (self._user_id, start)
        )
        row = self._database.rows(
            "SELECT count(*), coalesce(sum(seconds), 0) FROM usage WHERE user_id = ?",
            (self._user_id,),
        )[0]
        self._requests, self._seconds = int(row[0]), float(row[1])

    def _free_in(self, limit: int) -> int:
        """Seconds until enough old requests have left the window."""
        at = self._database.value(
            "SELECT at FROM usage WHERE user_id = ? ORDER BY at LIMIT 1 OFFSET ?",
            (self._user_id, max(0, self._requests - limit)),
        )
        return max(1, math.ceil((at or self._now) + WINDOW - self._now))

    def _refusal(self, code: str, text: str, seconds: int) -> ApiError:
        return ApiError(429, code, text, headers={"Retry-After": str(seconds)})
