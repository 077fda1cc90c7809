"""Waiting for the lease, and taking it over from a DAG run that has ended and from nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadsync.cycle import stages
from leadsync.cycle.context import LEASE_NAME
from leadsync.errors import LeaseHeldError
from leadsync.state.memory import MemoryStateStore
from leadsync_airflow.turns import PATIENCE, open_when_free

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
