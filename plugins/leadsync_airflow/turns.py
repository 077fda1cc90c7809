"""Working while another run holds the lease: wait for it, or take over from an ended one.

A run that failed cannot give its lease back: other tasks of it may still be writing when one fails.
Once Airflow has closed the run, none of its tasks runs any more, so the next run need not wait for
the lease to expire (semantics.md 3). All DAGs of leadsync share the lease, so its owner is named by
DAG and run: runs of two DAGs can have the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from leadsync.state import turn

if TYPE_CHECKING:
    from leadsync.cycle.context import CycleRequest, Engine
    from leadsync.errors import LeaseHeldError
    from leadsync.model import Json

log = logging.getLogger(__name__)

#: the DAG whose runs may take hours, so that nobody waits for them.
FIRST_LOAD = "lead_sync_initial"
ENDED = ("success", "failed")
PATIENCE = timedelta(minutes=5)

StateOfRun = Callable[[str], str | None]
T = TypeVar("T")


def owner_of(dag_run: Any) -> str:
    """Return the lease's owner for a DAG run; neither of the two ids can contain a slash."""
    return f"{dag_run.dag_id}/{dag_run.run_id}"


def run_states(task_instance: Any) -> StateOfRun:
    """Return a function that asks Airflow for the state of the run that an owner names.

    It returns ``None`` for an owner that is no DAG run, such as a command line's cycle, and for a
    run that Airflow does not know.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError

    def state_of_run(owner: str) -> str | None:
        dag_id, slash, run_id = owner.partition("/")
        if not slash:
            return None
        try:
            state = task_instance.get_dagrun_state(dag_id, run_id)
        except AirflowRuntimeError:
            return None
        return str(getattr(state, "value", state))

    return state_of_run


def open_when_free(engine: Engine, request: CycleRequest, state_of_run: StateOfRun) -> Json:
    """Open the cycle as soon as the lease is free, or held by a DAG run that has ended.

    :raises LeaseHeldError: another cycle is still at work after ``PATIENCE``.
    """
    from leadsync.cycle.stages import open_cycle

    return when_free(engine, lambda: open_cycle(engine, request), state_of_run)


def when_free(engine: Engine, start: Callable[[], T], state_of_run: StateOfRun) -> T:
    """Return what ``start`` returns, tried again until nobody else holds the lease.

    Runs take turns, so waiting a little is nothing to fail or alert about.

    :param start: takes the lease, or fails with ``LeaseHeldError`` before it has done anything.
    :param state_of_run: returns the state of the DAG run that owns the lease, or ``None``.
    :raises LeaseHeldError: another cycle is still at work after ``PATIENCE``.
    """

    def freed(error: LeaseHeldError) -> bool:
        if _release_if_ended(engine, state_of_run):
            return True
        log.info("Waiting: %s", error.message)
        return False

    return turn.when_free(engine.clock, start, PATIENCE, freed=freed)


def first_load_at_work(engine: Engine, state_of_run: StateOfRun) -> str | None:
    """Return the run of the first load that holds the lease, if one does."""
    from leadsync.cycle.context import LEASE_NAME

    current = engine.store.current_lease(LEASE_NAME)
    if current is None or not current[0].owner.startswith(f"{FIRST_LOAD}/"):
        return None
    lease, _ = current
    expired = lease.expires_at <= engine.clock.now()
    return None if expired or state_of_run(lease.owner) in ENDED else lease.owner


def _release_if_ended(engine: Engine, state_of_run: StateOfRun) -> bool:
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
