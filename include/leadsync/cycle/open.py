"""Stage 1: take the lease, and refuse what cannot work before anything is written."""

from __future__ import annotations

import os
import socket

from leadsync.cycle.abandoned import end_abandoned
from leadsync.cycle.context import LEASE_NAME, Cycle, CycleRequest, Engine
from leadsync.cycle.plan.rule_changes import note_rule_changes
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.request.requests import take_up, write_asked, write_compared
from leadsync.cycle.same_systems import require_same_systems
from leadsync.errors import ConfigurationError
from leadsync.mapping.narrow import narrowed
from leadsync.state.port import CycleRecord, Lease, StateChanges

LOCAL_HOLDER = "process"


def open_cycle(engine: Engine, request: CycleRequest) -> Cycle:
    """Begin a cycle and return it.

    :raises ConfigurationError: the window is inverted, a connection leads to other records than
        those that the store remembers, or the mapping does not fit the schemas.
    :raises LeaseHeldError: another cycle is running (S005, S122).
    """
    now = engine.clock.now()
    if request.window_from is not None and request.window_from >= request.window_to:
        raise ConfigurationError(
            f"The window {request.window_from} to {request.window_to} is empty or inverted.",
            remedy="Give a start that lies before the end.",
        )
    cycle_id = f"{now:%Y%m%dT%H%M%S}-{engine.new_id()[:8]}"
    require_same_systems(
        engine.store,
        engine.marketo,
        engine.dynamics,
        now,
        trusted_seconds=engine.settings.schema_ttl_seconds,
        remember=not request.dry_run,
    )
    plan = load_plan(engine)
    lease = None if request.dry_run else take_lease(engine, request.run_id or cycle_id)
    cycle = Cycle(
        cycle_id=cycle_id,
        kind=request.kind,
        run_id=request.run_id,
        window_from=request.window_from,
        window_to=request.window_to,
        opened_at=now,
        dry_run=request.dry_run,
        lease_token=lease.token if lease else None,
        only_field=request.only_field,
        undo_of=request.undo_of,
    )
    note_rule_changes(engine, cycle, plan)
    engine.plans.settle(cycle_id, narrowed(plan, request.only_field))
    if lease:
        end_abandoned(engine, lease)
        engine.store.apply(StateChanges(cycle=_record(cycle)), lease=lease)
    write_asked(engine, cycle, take_up(engine, request))
    write_compared(engine, cycle, request.compare)
    return cycle


def _record(cycle: Cycle) -> CycleRecord:
    return CycleRecord(
        cycle_id=cycle.cycle_id,
        kind=cycle.kind,
        status="open",
        window_from=cycle.window_from,
        window_to=cycle.window_to,
        opened_at=cycle.opened_at,
        run_id=cycle.run_id,
    )


def take_lease(engine: Engine, owner: str) -> Lease:
    """Take the lease; an earlier attempt of the same run and a dead process lose theirs."""
    current = engine.store.current_lease(LEASE_NAME)
    if current and (current[0].owner == owner or _holder_is_dead(current[1])):
        engine.store.release_lease(current[0])
    return engine.store.acquire_lease(
        LEASE_NAME, owner, engine.clock.now(), engine.settings.lease_seconds, holder=engine.holder
    )


def local_holder() -> str:
    """Name this process as a holder whose death can be noticed on the same machine."""
    return f"{LOCAL_HOLDER}:{socket.gethostname()}:{os.getpid()}"


def _holder_is_dead(holder: str) -> bool:
    """Tell whether the holder is a process of this machine that no longer runs."""
    kind, _, rest = holder.partition(":")
    host, _, pid = rest.rpartition(":")
    if kind != LOCAL_HOLDER or host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
