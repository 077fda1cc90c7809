"""Late runs: told in the triggerer, once until a run ends in time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.definitions.callback import AsyncCallback

from leadsync.errors import ConfigurationError
from leadsync.state.store import SqlStateStore
from leadsync_airflow.alerts.callbacks import task_success_callbacks
from leadsync_airflow.alerts.deadline import (
    AlertsFailedError,
    deadline_alert,
    deadline_interval,
    tell_late,
)
from support.receivers import Mailbox, Posts, body_of

DUE = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def late(run_id: str = "scheduled__1", run_type: str = "scheduled") -> dict[str, Any]:
    run = {
        "dag_id": "lead_sync",
        "dag_run_id": run_id,
        "run_type": run_type,
        "state": "running",
        "start_date": "2026-01-31T11:30:00Z",
    }
    return {"dag_run": run, "deadline": {"id": "1", "deadline_time": DUE}}


def tell(context: dict[str, Any]) -> None:
    asyncio.run(tell_late(context))


def end_run(context: Any) -> None:
    for callback in task_success_callbacks():
        callback(context)


def test_late_runs_are_told_once_until_one_ends_in_time(
    make_context: Any,
    state: SqlStateStore,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "http://airflow.example/")
    monkeypatch.setenv("LEADSYNC_DEADLINE_MINUTES", "30")
    tell(late())
    tell(late("scheduled__2"))
    began = datetime.now(UTC) - timedelta(minutes=31)
    end_run(make_context("last", dag_run=SimpleNamespace(start_date=began)))
    assert mailbox.subjects == ["leadsync: lead_sync is late"]
    text = body_of(mailbox.messages[0])
    for told in (
        "scheduled__1",
        "2026-01-31T12:00:00Z",
        "running",
        "http://airflow.example/dags/lead_sync/runs/",
    ):
        assert told in text
    end_run(make_context("last"))
    assert mailbox.subjects[1:] == ["leadsync: lead_sync has recovered"]
    assert "late, 2 times" in body_of(mailbox.messages[1])


def test_run_of_a_backfill_waits_for_its_turn_and_is_not_late(
    state: SqlStateStore, mailbox: Mailbox
) -> None:
    tell(late(run_type="backfill"))
    assert mailbox.messages == []
    assert state.incidents.still_open() == []


def test_channel_that_fails_is_told_to_airflow_and_stops_no_other(
    state: SqlStateStore, mailbox: Mailbox, posts: Posts
) -> None:
    posts.status = 500
    with pytest.raises(AlertsFailedError) as failed:
        tell(late())
    assert "did not take the alert" in str(failed.value.exceptions[0])
    assert len(mailbox.messages) == 1


def test_state_store_that_is_down_stops_no_alert(broken_state: None, mailbox: Mailbox) -> None:
    with pytest.raises(AlertsFailedError):
        tell(late())
    assert len(mailbox.messages) == 1


def test_alert_is_a_path_that_the_triggerer_can_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_DEADLINE_MINUTES", "30")
    alert = deadline_alert()
    assert alert
    assert isinstance(alert.callback, AsyncCallback)
    assert alert.callback.path == "leadsync_airflow.alerts.deadline.tell_late"
    assert alert.interval == timedelta(minutes=30)


@pytest.mark.parametrize("text", ["", "0"])
def test_there_is_none_unless_it_is_set(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_DEADLINE_MINUTES", text)
    assert deadline_alert() is None


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_interval_must_be_a_number_of_minutes(text: str) -> None:
    with pytest.raises(ConfigurationError, match="no number of minutes"):
        deadline_interval({"LEADSYNC_DEADLINE_MINUTES": text})
