"""Taking turns with cycles: work on the store that must not run beside one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from leadsync.clock import Clock
from leadsync.errors import LeaseHeldError
from leadsync.state.port import Lease, StateStore

#: the lease that every cycle holds while it works (semantics.md 3).
CYCLE_LEASE = "cycle"
PATIENCE = timedelta(minutes=1)
LOOK_AGAIN_SECONDS = 0.5
LEASE_SECONDS = 300.0


@contextmanager
def turn(
    store: StateStore, clock: Clock, owner: str, *, patience: timedelta = PATIENCE
) -> Iterator[Lease]:
    """Hold the lease of cycles for the body, waiting for a cycle under way to end.

    :param owner: who asks, for whoever has to wait.
    :raises LeaseHeldError: a cycle is still at work after ``patience``.
    """
    lease = _when_free(store, clock, owner, patience)
    try:
        yield lease
    finally:
        store.release_lease(lease)


def _when_free(store: StateStore, clock: Clock, owner: str, patience: timedelta) -> Lease:
    give_up_at = clock.now() + patience
    while True:
        now = clock.now()
        try:
            return store.acquire_lease(CYCLE_LEASE, owner, now, LEASE_SECONDS, holder=owner)
        except LeaseHeldError:
            if now >= give_up_at:
                raise
        clock.sleep(LOOK_AGAIN_SECONDS)
