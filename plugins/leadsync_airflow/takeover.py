"""Opening a cycle while the lease is still held by a DAG run that has ended.

A run that failed cannot give its lease back: other tasks of it may still be writing when one fails.
Once Airflow has closed the run, none of its tasks runs any more, so the next run need not wait for
the lease to expire (semantics.md 3).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from leadsync.errors import LeaseHeldError

if TYPE_CHECKING:
    from leadsync.cycle.context import CycleRequest, Engine
    from leadsync.model import Json

log = logging.getLogger(__name__)

ENDED = ("success", "failed")


def open_after_ended_run(
    engine: Engine, request: CycleRequest, state_of_run: Callable[[str], str | None]
) -> Json:
    """Open the cycle, taking the lease over from a DAG run that has ended.

    :param state_of_run: returns the state of a run of this DAG by its id, or ``None``.
    :raises LeaseHeldError: whoever holds the lease is still at work, or is no run of this DAG.
    """
    from leadsync.cycle.stages import open_cycle

    try:
        return open_cycle(engine, request)
    except LeaseHeldError:
        if not _release_if_ended(engine, state_of_run):
            raise
    return open_cycle(engine, request)


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
