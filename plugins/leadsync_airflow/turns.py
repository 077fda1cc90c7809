"""Opening a cycle while another run holds the lease: wait for it, or take over from an ended one.

A run that failed cannot give its lease back: other tasks of it may still be writing when one fails.
Once Airflow has closed the run, none of its tasks runs any more, so the next run need not wait for
the lease to expire (semantics.md 3).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from leadsync.errors import LeaseHeldError

if TYPE_CHECKING:
    from leadsync.cycle.context import CycleRequest, Engine
    from leadsync.model import Json

log = logging.getLogger(__name__)

ENDED = ("success", "failed")
PATIENCE = timedelta(minutes=5)
LOOK_AGAIN_SECONDS = 2.0


def open_when_free(
    engine: Engine, request: CycleRequest, state_of_run: Callable[[str], str | None]
) -> Json:
    """Open the cycle as soon as the lease is free, or held by a DAG run that has ended.

    A backfill and scheduled runs take turns, so waiting a little is nothing to fail or alert about.

    :param state_of_run: returns the state of a run of this DAG by its id, or ``None``.
    :raises LeaseHeldError: another cycle is still at work after ``PATIENCE``.
    """
    from leadsync.cycle.stages import open_cycle

    give_up_at = engine.clock.now() + PATIENCE
    while True:
        try:
            return open_cycle(engine, request)
        except LeaseHeldError as error:
            if _release_if_ended(engine, state_of_run):
                continue
            if engine.clock.now() >= give_up_at:
                raise
            log.info("Waiting: %s", error.message)
        engine.clock.sleep(LOOK_AGAIN_SECONDS)


def _release_if_ended(engine: Engine, state_of_run: Callable[[str], str | None]) -> bool:
    from leadsync.cycle.context import LEASE_NAME

    current = engine.store.current_lease(LEASE_NAME)
    if current is None:
        return True
    lease, _ = current
    state = state_of_run(lease.owner)
    if state not in ENDED:
        return False
    log.warning("Run %s ended as %s without closing its cycle; going on.", lease.owner, state)
    engine.store.release_lease(lease)
    return True
