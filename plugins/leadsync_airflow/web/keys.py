"""Lets callers in who show the key of a connection; tells others nothing but that it is wrong."""

from __future__ import annotations

import logging
import time

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from leadsync.errors import LeadsyncError
from leadsync.flow_step.access import Access
from leadsync_airflow.web.services import CONNECTION_SECONDS, Remembered, read_access

log = logging.getLogger(__name__)

#: seconds between two lines of the log about refused callers.
TELL_EVERY = 60.0
API_KEY_HEADER = "x-api-key"


class Key:
    """A guard for routers: a caller shows the password of connection ``conn_id`` in a header.

    It also bounds how many calls are taken. Without the connection nobody gets in.
    """

    def __init__(self, conn_id: str) -> None:
        self.conn_id = conn_id
        self._access: Remembered[Access | None] = Remembered(
            lambda: read_access(conn_id), CONNECTION_SECONDS
        )
        self._rate = Rate()
        self._told = -TELL_EVERY

    async def __call__(self, request: Request) -> None:
        """Let the request pass.

        :raises HTTPException: 401 for a missing or wrong key, 429 for too many calls.
        """
        access = await run_in_threadpool(self._current)
        if access is None or not access.opens_for(_shown(request)):
            self._tell("refused a call without the right key")
            raise HTTPException(401, "Unauthorized")
        wait = self._rate.take(access.calls_per_minute, time.monotonic())
        if wait > 0:
            self._tell(f"took more than {access.calls_per_minute} calls a minute; refusing some")
            raise HTTPException(429, "Too many calls", {"Retry-After": str(int(wait) + 1)})

    def access(self) -> Access:
        """Return what a caller that has passed may do.

        :raises HTTPException: 401 when the connection was removed in the meantime.
        """
        current = self._current()
        if current is None:
            raise HTTPException(401, "Unauthorized")
        return current

    def forget(self) -> None:
        """Read the connection again at the next call."""
        self._access.forget()

    def _current(self) -> Access | None:
        try:
            return self._access.get()
        except LeadsyncError as error:
            self._tell(f"cannot be used: {error}")
            return None

    def _tell(self, what: str) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            log.warning("Connection %s %s.", self.conn_id, what)


class Rate:
    """A bucket that holds the calls of a minute and fills evenly."""

    def __init__(self) -> None:
        self._left: float | None = None
        self._at = 0.0

    def take(self, per_minute: int, now: float) -> float:
        """Take a call; returns the seconds to wait when there is none, else 0."""
        left = per_minute if self._left is None else self._left
        left = min(per_minute, left + (now - self._at) * per_minute / 60)
        self._at = now
        if left < 1:
            self._left = left
            return (1 - left) * 60 / per_minute
        self._left = left - 1
        return 0.0


def _shown(request: Request) -> str | None:
    """Return the key that the caller shows, in a header of its own or as ``Bearer``."""
    key = request.headers.get(API_KEY_HEADER)
    if key is not None:
        return key
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.casefold() == "bearer" else None
