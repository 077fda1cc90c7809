"""Taking the lease over from a DAG run that has ended, and from nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadsync.cycle import stages
from leadsync.cycle.context import LEASE_NAME
from leadsync.errors import LeaseHeldError
from leadsync.state.memory import MemoryStateStore
from leadsync_airflow.takeover import open_after_ended_run

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An engine of which only the lease is of interest: ``open_cycle`` takes it and no more."""
    engine = SimpleNamespace(store=MemoryStateStore())

    def take_lease(engine: Any, request: Any) -> dict[str, Any]:
        lease = engine.store.acquire_lease(LEASE_NAME, request.run_id, NOW, 600, holder="test")
        return {"lease_token": lease.token}

    monkeypatch.setattr(stages, "open_cycle", take_lease)
    return engine


def request(run_id: str) -> Any:
    return SimpleNamespace(run_id=run_id)


@pytest.mark.parametrize("state", ["failed", "success"])
def test_lease_of_an_ended_run_is_taken_over(engine: Any, state: str) -> None:
    first = open_after_ended_run(engine, request("run-1"), lambda run_id: None)
    states = {"run-1": state}
    second = open_after_ended_run(engine, request("run-2"), states.get)
    assert second["lease_token"] > first["lease_token"]


@pytest.mark.parametrize("state", ["running", "queued", None])
def test_lease_of_a_working_or_unknown_holder_is_respected(engine: Any, state: str | None) -> None:
    open_after_ended_run(engine, request("run-1"), lambda run_id: None)
    states = {"run-1": state}
    with pytest.raises(LeaseHeldError):
        open_after_ended_run(engine, request("run-2"), states.get)
    current = engine.store.current_lease(LEASE_NAME)
    assert current is not None
    assert current[0].owner == "run-1"


def test_free_lease_asks_for_no_run(engine: Any) -> None:
    def never(run_id: str) -> str:
        raise AssertionError(run_id)

    assert open_after_ended_run(engine, request("run-1"), never)["lease_token"]


def test_expired_lease_needs_no_take_over(engine: Any) -> None:
    engine.store.acquire_lease(LEASE_NAME, "old", NOW - timedelta(hours=1), 600, holder="test")
    assert open_after_ended_run(engine, request("run-1"), lambda run_id: None)
