"""What handlers use of the engine, opened once in each process of the API server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from leadsync.dynamics.client import DynamicsClient
    from leadsync.flow_step.access import Access
    from leadsync.model import Json
    from leadsync.state.store import SqlStateStore

#: how long a connection is believed before it is read again, and a picklist before it is.
CONNECTION_SECONDS = 15.0
USERS_SECONDS = 600.0

T = TypeVar("T")


class Remembered(Generic[T]):
    """A value that is read anew when it is older than ``seconds``; safe to share.

    :param read: raises what the caller of :meth:`get` then sees.
    """

    def __init__(self, read: Callable[[], T], seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._lock = Lock()
        self._held: tuple[float, T] | None = None

    def get(self) -> T:
        """Return the value."""
        with self._lock:
            if self._held is None or time.monotonic() - self._held[0] > self._seconds:
                self._held = (time.monotonic(), self._read())
            return self._held[1]

    def forget(self) -> None:
        """Read again at the next call."""
        self._held = None


@cache
def state_store() -> SqlStateStore:
    """Return the state store.

    :raises ConfigurationError: it cannot be opened.
    """
    from leadsync.opened import open_state

    return open_state()


def read_access(conn_id: str) -> Access | None:
    """Return what the connection allows, or ``None`` when there is no such connection.

    :raises ConfigurationError: it is malformed.
    """
    from leadsync.connections import find_connection
    from leadsync.flow_step.access import access_of

    connection = find_connection(conn_id, os.environ)
    return access_of(connection) if connection else None


@cache
def _dynamics() -> DynamicsClient:
    from leadsync.clock import SystemClock
    from leadsync.opened import build_ledger, dynamics_client

    clock = SystemClock()
    return dynamics_client(build_ledger(state_store(), clock), clock)


def read_users() -> Json:
    """Return the choices of Assign To."""
    from leadsync.clock import SystemClock
    from leadsync.flow_step.users import user_choices

    return user_choices(_dynamics(), SystemClock().now())


users: Remembered[Json] = Remembered(read_users, USERS_SECONDS)
