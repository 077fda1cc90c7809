"""Runs of sync_person_to_microsoft that answer the calls of Marketo's flow step."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from leadsync.flow_step import delivery
from leadsync.flow_step.accepting import accept
from leadsync.flow_step.access import FLOW_STEP
from leadsync.flow_step.model import Call, Callback, Wish
from leadsync.model import Json
from leadsync_airflow import requested
from support.dag_runs import Run, result, runner, states
from support.synced import Synced

TASK = "sync_persons"


@pytest.fixture
def run(metadata: None, synced: Synced, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the DAG once, as an asset event does."""
    step = {"password": "0123456789abcdef", "extra": {"callback_loopback": True}}
    monkeypatch.setenv(f"AIRFLOW_CONN_{FLOW_STEP.upper()}", json.dumps(step))
    return runner("sync_person_to_microsoft")


@pytest.fixture
def marketo(httpserver: HTTPServer) -> list[tuple[str, Json]]:
    """What comes back to Marketo: token and body of each callback."""
    came: list[tuple[str, Json]] = []

    def take(request: Request) -> Response:
        came.append((request.headers["x-callback-token"], json.loads(request.data)))
        return Response(status=202)

    httpserver.expect_request("/back").respond_with_handler(take)
    return came


def submitted(synced: Synced, httpserver: HTTPServer, token: str, *wishes: Wish) -> None:
    back = Callback(httpserver.url_for("/back"), "key", token)
    call = Call("flow_step", wishes, token, lasting=True, callback=back)
    engine = synced.engine
    accept(engine.store.calls, call, engine.clock.now())


def done(dag_run: Any) -> Json:
    assert str(dag_run.state) == "success", states(dag_run)
    return result(dag_run, TASK)


def test_s026_a_run_answers_all_calls_that_wait_and_the_next_finds_none(
    run: Run, synced: Synced, httpserver: HTTPServer, marketo: list[tuple[str, Json]]
) -> None:
    person, other = synced.new_person(lastName="Ek"), synced.new_person(lastName="Lund")
    submitted(synced, httpserver, "t1", Wish(person))
    submitted(synced, httpserver, "t1", Wish(person))
    submitted(synced, httpserver, "t2", Wish(person), Wish(other, sync_as="contact"))
    told = done(run())
    assert told["outcomes"] == {"already_linked": 1, "created": 2}
    assert told["callbacks"] == {"delivered": 2}
    assert sorted(token for token, _ in marketo) == ["t1", "t2"]
    assert len(synced.dynamics.control.records("lead")) == 1
    assert len(synced.dynamics.control.records("contact")) == 1
    assert done(run())["outcomes"] == {}
    assert len(marketo) == 2


def test_calls_that_come_while_a_cycle_runs_are_taken_into_the_next_one(
    run: Run,
    synced: Synced,
    httpserver: HTTPServer,
    marketo: list[tuple[str, Json]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from leadsync.cycle import runner as cycles

    first, second = synced.new_person(lastName="Ek"), synced.new_person(lastName="Lund")
    late = [Wish(second)]
    run_cycle = cycles.run_cycle

    def meanwhile(*arguments: Any) -> Any:
        while late:
            submitted(synced, httpserver, "t2", late.pop())
        return run_cycle(*arguments)

    monkeypatch.setattr(cycles, "run_cycle", meanwhile)
    monkeypatch.setattr(requested, "SERVE_FOR", timedelta(hours=1))
    submitted(synced, httpserver, "t1", Wish(first))
    assert done(run())["outcomes"] == {"created": 2}
    assert {token for token, _ in marketo} == {"t1", "t2"}


def test_a_callback_that_failed_is_sent_by_a_later_run(
    run: Run,
    synced: Synced,
    httpserver: HTTPServer,
    marketo: list[tuple[str, Json]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "FIRST_DELAY", timedelta(minutes=30))
    httpserver.expect_oneshot_request("/back").respond_with_data(status=503)
    submitted(synced, httpserver, "t1", Wish(synced.new_person(lastName="Ek")))
    assert done(run())["callbacks"] == {"failed": 1}
    assert done(run())["callbacks"] == {}
    make_due(synced)
    assert done(run())["callbacks"] == {"delivered": 1}
    assert [token for token, _ in marketo] == ["t1"]
    assert len(synced.dynamics.control.records("lead")) == 1


def make_due(synced: Synced) -> None:
    """Let the time of the next attempt come."""
    engine = synced.engine
    (call,) = engine.store.calls.due(engine.clock.now() + timedelta(hours=1), 10)
    engine.store.calls.record({**call, "next_attempt_at": engine.clock.now()})
