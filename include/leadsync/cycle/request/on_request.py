"""Answer requests now: store them, run a cycle on them, and wait for another one that runs.

A request is stored before anything else, so that it is never lost: when it cannot be answered in
time, the next scheduled cycle takes it up (semantics.md 4).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.runner import run_cycle, run_plan
from leadsync.errors import LeaseHeldError
from leadsync.model import Json, Table
from leadsync.state.port import LIVE, LinkRow, RequestAction, RequestRow, StateChanges

#: of the ids of requests that belong to a run.
_NAMESPACE = uuid.UUID("7d4cb50b-0f5f-4c8c-9a2b-4d8a3f1c6e57")
#: seconds between two looks at a lease that somebody else holds.
LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Answered:
    """The requests as they stand now, and the report of the cycle that answered them.

    :param report: ``None`` when they still wait, or all had been answered without a cycle.
    """

    requests: list[RequestRow]
    report: Json | None

    @property
    def waits(self) -> bool:
        """Whether some of the requests are left to the next cycle."""
        return any(request["status"] == "waiting" for request in self.requests)


def person_request(
    engine: Engine,
    action: RequestAction,
    marketo_id: int,
    *,
    sync_as: Table | None = None,
    assign_to: str | None = None,
) -> RequestRow:
    """Make a request about a person."""
    request = _request(engine, action)
    return {**request, "marketo_id": marketo_id, "sync_as": sync_as, "assign_to": assign_to}


def row_request(engine: Engine, table: Table, dynamics_id: str) -> RequestRow:
    """Make a request to synchronise a row now."""
    row_id = dynamics_id.strip().strip("{}").lower()
    return {**_request(engine, "sync_now"), "dynamics_table": table, "dynamics_id": row_id}


def of_run(requests: Iterable[RequestRow], run: str) -> list[RequestRow]:
    """Give requests the ids that they have in a run; a record that is named twice is asked once.

    So a run that starts again finds what it asked before, with its answer, and does not ask twice.
    """
    by_id: dict[str, RequestRow] = {}
    for request in requests:
        record = request["marketo_id"] or f"{request['dynamics_table']}:{request['dynamics_id']}"
        request_id = str(uuid.uuid5(_NAMESPACE, f"{run}/{request['action']}/{record}"))
        by_id[request_id] = {**request, "request_id": request_id}
    return list(by_id.values())


def store_requests(engine: Engine, requests: Sequence[RequestRow]) -> None:
    """Queue requests for the next cycle; it answers them whatever happens to this process."""
    engine.store.apply(StateChanges(requests=list(requests)), lease=None)


def answer_now(engine: Engine, requests: Sequence[RequestRow], wait_seconds: float) -> Answered:
    """Store requests and run a cycle on them.

    :param wait_seconds: how long to wait for a cycle that runs already.
    """
    store_requests(engine, requests)
    return answer_stored(engine, [request["request_id"] for request in requests], wait_seconds)


def answer_stored(engine: Engine, ids: Sequence[str], wait_seconds: float) -> Answered:
    """Run a cycle on requests that are stored already, unless they have been answered.

    :param wait_seconds: how long to wait for a cycle that runs already.
    """
    until = engine.clock.now() + timedelta(seconds=wait_seconds)
    while True:
        current = engine.store.requests(ids=ids)
        if all(request["status"] != "waiting" for request in current):
            return Answered(current, report_of(engine, current))
        report = _try_cycle(engine, current)
        if report is not None:
            return Answered(engine.store.requests(ids=ids), report)
        if engine.clock.now() >= until:
            return Answered(current, None)
        engine.clock.sleep(LOOK_EVERY)


def plan_now(engine: Engine, requests: Sequence[RequestRow]) -> Json:
    """Return what a cycle on the requests would write; nothing is stored or written."""
    return run_plan(engine, _cycle_request(engine.clock.now(), requests, dry_run=True))


def request_documents(engine: Engine, requests: Sequence[RequestRow]) -> list[Json]:
    """Return requests as people are shown them, with the record that each person has now."""
    persons = sorted({one["marketo_id"] for one in requests if one["marketo_id"] is not None})
    links = engine.store.links_of_persons(persons) if persons else []
    live = {link["marketo_id"]: link for link in links if link["status"] in LIVE}
    return [_document(request, live.get(request["marketo_id"] or 0)) for request in requests]


def report_of(engine: Engine, requests: Sequence[RequestRow]) -> Json | None:
    """Return the report of the cycle that answered last."""
    cycles = [request["cycle_id"] for request in requests if request["cycle_id"]]
    record = engine.store.cycle(cycles[-1]) if cycles else None
    return record.report if record else None


def _document(request: RequestRow, link: LinkRow | None) -> Json:
    return {
        "marketo_id": request["marketo_id"],
        "status": request["status"],
        "outcome": request["outcome"],
        "message": request["message"],
        "dynamics_id": link["dynamics_id"] if link else request["dynamics_id"],
        "table": link["dynamics_table"] if link else request["dynamics_table"],
    }


def _try_cycle(engine: Engine, requests: Sequence[RequestRow]) -> Json | None:
    """Run a cycle on the requests; ``None`` when another cycle has the lease."""
    try:
        return run_cycle(engine, _cycle_request(engine.clock.now(), requests))
    except LeaseHeldError:
        return None


def _cycle_request(
    now: datetime, requests: Sequence[RequestRow], *, dry_run: bool = False
) -> CycleRequest:
    return CycleRequest("requested", now, dry_run=dry_run, requests=tuple(requests))


def _request(engine: Engine, action: RequestAction) -> RequestRow:
    now = engine.clock.now()
    return RequestRow(
        request_id=engine.new_id(),
        action=action,
        marketo_id=None,
        dynamics_table=None,
        dynamics_id=None,
        sync_as=None,
        assign_to=None,
        status="waiting",
        outcome=None,
        message=None,
        cycle_id=None,
        requested_at=now,
        updated_at=now,
    )
