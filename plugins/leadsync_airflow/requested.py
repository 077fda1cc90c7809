"""What the tasks do of DAGs that work on records which somebody names.

Requests are stored before anything else, so that they are never lost: what a run cannot answer, the
next cycle of ``lead_sync`` takes up (semantics.md 4).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadsync_airflow import asking
from leadsync_airflow.answering import answer_lines, answer_summary, callback_lines
from leadsync_airflow.metrics import send_metrics
from leadsync_airflow.params import MOST_RECORDS
from leadsync_airflow.tasks import Cycle, Summary, close_cycle, log_report
from leadsync_airflow.turns import open_when_free, owner_of, run_states, when_free

if TYPE_CHECKING:
    from leadsync.cycle.context import CycleRequest, Engine
    from leadsync.model import Json
    from leadsync.state.port import RequestRow

log = logging.getLogger(__name__)

#: how long a run goes on with calls that come while it works, before other cycles have their turn.
SERVE_FOR = timedelta(seconds=20)


def sync_persons(context: Mapping[str, Any]) -> Summary:
    """Run a whole cycle on the persons that this run names; returns its report and the answers.

    A run that names nobody answers the calls of the flow step that wait.

    :raises LeaseHeldError: another cycle is still at work after minutes; the requests wait for it.
    """
    from leadsync.engine import build_engine

    engine = build_engine()
    if not context["params"]["person_ids"]:
        return serve_calls(engine, context)
    requests = asking.store_once(engine, asking.persons_to_create(engine, context))
    report, answered = run_on_requests(engine, requests, context)
    log_report(report)
    return {**report, **_tell(engine, answered)}


def serve_calls(engine: Engine, context: Mapping[str, Any]) -> Summary:
    """Answer all calls that wait, also those that come meanwhile, and send their callbacks.

    Calls that come while a cycle runs are taken into the next one, for a while: that is quicker
    than a run of their own. Returns the last cycle's report, the answers, and ``callbacks``.

    :raises LeaseHeldError: another cycle is still at work after minutes; the requests wait for it.
    """
    from leadsync.flow_step.outbox import open_outbox

    outbox = open_outbox(engine.store, engine.clock)
    callbacks = outbox.deliver()
    report: Json = {}
    served: dict[str, RequestRow] = {}
    until = engine.clock.now() + SERVE_FOR
    while engine.clock.now() < until and (new := _new_requests(engine, served)):
        report, answered = run_on_requests(engine, new, context)
        log_report(report)
        served |= {request["request_id"]: request for request in answered}
        callbacks += outbox.deliver()
    outbox.forget_old()
    for line in callback_lines(callbacks):
        log.info(line)
    return {**report, **_tell(engine, list(served.values())), "callbacks": dict(callbacks)}


def _new_requests(engine: Engine, served: Mapping[str, RequestRow]) -> list[RequestRow]:
    """Return what waits and was not tried in this run: what is deferred is left to other cycles."""
    waiting = engine.store.calls.waiting_requests(MOST_RECORDS + len(served))
    return [request for request in waiting if request["request_id"] not in served]


def run_on_requests(
    engine: Engine, requests: list[RequestRow], context: Mapping[str, Any]
) -> tuple[Json, list[RequestRow]]:
    """Run a cycle on those requests that nobody has answered yet.

    Returns the report of the cycle that answered last, and the requests as they stand then.
    """
    from leadsync.cycle.request.on_request import report_of
    from leadsync.cycle.runner import run_cycle

    def answer() -> Json | None:
        request = _request(engine, requests, context)
        return run_cycle(engine, request) if request.requests else None

    report = when_free(engine, answer, run_states(context["task_instance"]))
    if report:
        send_metrics(engine, report)
    answered = asking.as_they_stand(engine, requests)
    return report or report_of(engine, answered) or {}, answered


def open_sync_now(context: Mapping[str, Any]) -> Cycle:
    """Store what this run is to force, open a cycle on it, and return the cycle's reference.

    :raises ConfigurationError: the run names no record; a connection or the mapping is wrong.
    :raises LeaseHeldError: another cycle is still at work after minutes; the requests wait for it.
    """
    from leadsync.engine import build_engine

    engine = build_engine()
    requests = asking.store_once(engine, asking.records_to_force(engine, context))
    request = _request(engine, requests, context)
    cycle = open_when_free(engine, request, run_states(context["task_instance"]))
    log.info("Opened cycle %s on %d records.", cycle["cycle_id"], len(request.requests))
    return cycle


def close_sync_now(cycle: Cycle) -> Summary:
    """Commit the cycle; returns its report and the answers."""
    from airflow.sdk import get_current_context

    from leadsync.engine import build_engine

    report, engine = close_cycle(cycle), build_engine()
    requests = asking.records_to_force(engine, get_current_context())
    return {**report, **_tell(engine, asking.as_they_stand(engine, requests))}


def _request(
    engine: Engine, requests: list[RequestRow], context: Mapping[str, Any]
) -> CycleRequest:
    """Return a cycle on those requests that nobody has answered yet."""
    from leadsync.cycle.context import CycleRequest

    return CycleRequest(
        kind="requested",
        window_to=engine.clock.now(),
        run_id=owner_of(context["dag_run"]),
        requests=asking.waiting(asking.as_they_stand(engine, requests)),
    )


def _tell(engine: Engine, requests: list[RequestRow]) -> Summary:
    summary = answer_summary(engine, requests)
    for line in answer_lines(summary):
        log.info(line)
    return summary
