"""Taking turns with cycles: work on the store that must not run beside one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from leadsync.clock import Clock
from leadsync.errors import LeaseHeldError
from leadsync.state.port import Lease, StateStore

#: the lease that every cycle holds while it works (semantics.md 3).
CYCLE_LEASE = "cycle"
#: the lease of whoever sends entries to persons' activity logs, beside cycles.
SENDER_LEASE = "activity_log"
PATIENCE = timedelta(minutes=1)
LOOK_AGAIN_SECONDS = 0.5
LEASE_SECONDS = 300.0

T = TypeVar("T")


@contextmanager
def turn(
    store: StateStore, clock: Clock, owner: str, *, patience: timedelta = PATIENCE
) -> Iterator[Lease]:
    """Hold the lease of cycles for the body, waiting for a cycle under way to end.

    :param owner: who asks, for whoever has to wait; two of one name do not share the lease.
    :raises LeaseHeldError: a cycle is still at work after ``patience``.
    """
    name = f"{owner} {uuid.uuid4()}"
    lease = when_free(
        clock,
        lambda: store.acquire_lease(CYCLE_LEASE, name, clock.now(), LEASE_SECONDS, holder=owner),
        patience,
    )
    try:
        yield lease
    finally:
        store.release_lease(lease)


def never_freed(_: LeaseHeldError) -> bool:
    """Wait for whoever holds the lease, however that may be."""
    return False


def when_free(
    clock: Clock,
    start: Callable[[], T],
    patience: timedelta,
    *,
    freed: Callable[[LeaseHeldError], bool] = never_freed,
) -> T:
    """Return what ``start`` returns, tried again while a cycle has the lease that it needs.

    :param start: takes the lease, or fails with ``LeaseHeldError`` before it has done anything.
    :param freed: takes the lease from a holder that is known to have ended; tells whether it did.
    :raises LeaseHeldError: a cycle is still at work after ``patience``.
    """
    give_up_at = clock.now() + patience
    while True:
        try:
            return start()
        except LeaseHeldError as error:
            if freed(error):
                continue
            if clock.now() >= give_up_at:
                raise
        clock.sleep(LOOK_AGAIN_SECONDS)
