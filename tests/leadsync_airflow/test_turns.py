"""Waiting for the lease, and taking it over from a DAG run that has ended and from nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from leadsync.cycle import stages
from leadsync.cycle.context import LEASE_NAME
from leadsync.errors import LeaseHeldError
from leadsync.state.memory import MemoryStateStore
from leadsync_airflow.turns import PATIENCE, open_when_free, owner_of, run_states

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class SteppingClock:
    """Moves on by what is slept; ``events`` happen when their time has come."""

    def __init__(self) -> None:
        self.moment = NOW
        self.events: dict[datetime, Callable[[], object]] = {}

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        for due in [at for at in self.events if at <= self.moment]:
            self.events.pop(due)()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An engine of which only the lease is of interest: ``open_cycle`` takes it and no more."""
    engine = SimpleNamespace(store=MemoryStateStore(), clock=SteppingClock())

    def take_lease(engine: Any, request: Any) -> dict[str, Any]:
        lease = engine.store.acquire_lease(LEASE_NAME, request.run_id, NOW, 600, holder="test")
        return {"lease_token": lease.token}

    monkeypatch.setattr(stages, "open_cycle", take_lease)
    return engine


def request(run_id: str) -> Any:
    return SimpleNamespace(run_id=run_id)


@pytest.mark.parametrize("state", ["failed", "success"])
def test_lease_of_an_ended_run_is_taken_over(engine: Any, state: str) -> None:
    first = open_when_free(engine, request("run-1"), lambda run_id: None)
    states = {"run-1": state}
    second = open_when_free(engine, request("run-2"), states.get)
    assert second["lease_token"] > first["lease_token"]


@pytest.mark.parametrize("state", ["running", "queued", None])
def test_lease_of_a_working_or_unknown_holder_is_respected(engine: Any, state: str | None) -> None:
    open_when_free(engine, request("run-1"), lambda run_id: None)
    states = {"run-1": state}
    with pytest.raises(LeaseHeldError):
        open_when_free(engine, request("run-2"), states.get)
    current = engine.store.current_lease(LEASE_NAME)
    assert current is not None
    assert current[0].owner == "run-1"
    assert engine.clock.moment == NOW + PATIENCE


def test_lease_given_back_in_time_is_taken(engine: Any) -> None:
    open_when_free(engine, request("run-1"), lambda run_id: None)
    lease, _ = engine.store.current_lease(LEASE_NAME)
    later = NOW + timedelta(seconds=30)
    engine.clock.events[later] = lambda: engine.store.release_lease(lease)
    assert open_when_free(engine, request("run-2"), lambda run_id: "running")
    assert engine.clock.moment == later


def test_free_lease_asks_for_no_run(engine: Any) -> None:
    def never(run_id: str) -> str:
        raise AssertionError(run_id)

    assert open_when_free(engine, request("run-1"), never)["lease_token"]


def test_expired_lease_needs_no_take_over(engine: Any) -> None:
    engine.store.acquire_lease(LEASE_NAME, "old", NOW - timedelta(hours=1), 600, holder="test")
    assert open_when_free(engine, request("run-1"), lambda run_id: None)


class Airflow:
    """Knows the states of some DAG runs."""

    def __init__(self, states: Mapping[tuple[str, str], object]) -> None:
        self.states = states

    def get_dagrun_state(self, dag_id: str, run_id: str) -> object:
        if (dag_id, run_id) not in self.states:
            raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR))
        return self.states[dag_id, run_id]


def test_runs_of_two_dags_with_one_run_id_are_two_owners() -> None:
    dags = ("lead_sync", "reconcile")
    owners = [owner_of(SimpleNamespace(dag_id=dag, run_id="scheduled__1")) for dag in dags]
    states = run_states(Airflow({("lead_sync", "scheduled__1"): "running"}))
    assert [states(owner) for owner in owners] == ["running", None]


def test_a_lease_of_another_dag_is_judged_by_that_dags_run(engine: Any) -> None:
    states = {("sync_now", "manual__1"): "failed", ("lead_sync", "manual__1"): "running"}
    open_when_free(engine, request("sync_now/manual__1"), lambda owner: None)
    opened = open_when_free(engine, request("lead_sync/manual__1"), run_states(Airflow(states)))
    assert opened["lease_token"] == 2
    assert engine.clock.moment == NOW


def test_a_cycle_of_the_command_line_is_no_run() -> None:
    assert run_states(Airflow({}))("20260301T000000-0a1b2c3d") is None
