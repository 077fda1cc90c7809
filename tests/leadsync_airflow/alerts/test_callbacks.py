"""Failures and recoveries as real receivers get them: once per incident, whatever breaks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from leadsync.errors import ConfigurationError, TransientApiError
from leadsync.state.store import SqlStateStore
from leadsync_airflow.alerts.callbacks import (
    run_failure_callbacks,
    task_failure_callbacks,
    task_success_callbacks,
)
from support.receivers import Mailbox, Posts, body_of

ERROR = ConfigurationError("The secret of marketo_default is wrong.", remedy="Enter the new one.")


def run_all(listed: list[Callable[[Any], None]], context: Any) -> list[Exception]:
    """Run callbacks as Airflow does: what one raises stops no other."""
    raised: list[Exception] = []
    for callback in listed:
        try:
            callback(context)
        except Exception as error:
            raised.append(error)
    return raised


def fail(context: Any, error: Exception = ERROR) -> list[Exception]:
    return run_all(task_failure_callbacks(), {**context, "exception": error})


def succeed(context: Any) -> list[Exception]:
    return run_all(task_success_callbacks(), context)


def test_outage_is_one_mail_and_its_end_another(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    """S114: alert once."""
    for number in range(3):
        assert fail(make_context(run_id=f"run_{number}")) == []
        succeed(make_context("first", run_id="other"))
    assert mailbox.subjects == ["leadsync: lead_sync.first failed"]
    assert succeed(make_context("last", run_id="run_4")) == []
    succeed(make_context("last", run_id="run_5"))
    assert mailbox.subjects[1:] == ["leadsync: lead_sync has recovered"]
    first, second = (body_of(message) for message in mailbox.messages)
    assert "Enter the new one." in first
    assert "first, 3 times" in second
    assert {"ops@example.com", "crm@example.com"} <= set(mailbox.messages[0]["To"].split(", "))


def test_next_outage_is_told_again(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    fail(make_context())
    succeed(make_context("last"))
    fail(make_context())
    assert len(mailbox.messages) == 3
    assert [row["count"] for row in state.incidents.still_open()] == [1]


def test_s124_many_parts_of_a_task_fail_as_one(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    for index in range(5):
        context = make_context()
        context["task_instance"].map_index = index
        fail(context)
    assert len(mailbox.messages) == 1


def test_a_system_that_is_down_is_one_mail_whichever_tasks_it_fails(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    down = TransientApiError("Bad Gateway", system="marketo", call="GET /rest/v1/activities.json")
    fail(make_context("first"), down)
    fail(make_context("last"), down)
    assert mailbox.subjects == ["leadsync: lead_sync.first failed"]
    other = TransientApiError("Bad Gateway", system="dynamics", call="GET leads")
    fail(make_context("last", run_id="next"), other)
    assert mailbox.subjects[1:] == ["leadsync: lead_sync.last failed"]
    succeed(make_context("last", run_id="good"))
    over = body_of(mailbox.messages[2])
    assert "marketo TransientApiError, 2 times" in over
    assert "dynamics TransientApiError, once" in over
    assert state.incidents.still_open() == []


def test_every_channel_hears(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox, posts: Posts
) -> None:
    fail(make_context())
    succeed(make_context("last"))
    assert len(mailbox.messages) == 2
    assert [(one["title"], one["type"]) for one in posts.documents] == [
        ("leadsync: lead_sync.first failed", "failure"),
        ("leadsync: lead_sync has recovered", "success"),
    ]
    assert "Cause: The secret of marketo_default is wrong." in posts.documents[0]["message"]


def test_channel_that_fails_hides_nothing_and_is_tried_with_the_next_failure(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox, posts: Posts
) -> None:
    posts.status = 500
    (error,) = fail(make_context())
    assert "A service of the connection hook did not take the alert." in str(error)
    assert len(mailbox.messages) == 1
    posts.status = 200
    assert fail(make_context()) == []
    assert (len(mailbox.messages), len(posts.documents)) == (1, 2)
    posts.status = 500
    assert len(succeed(make_context("last"))) == 1
    posts.status = 200
    assert succeed(make_context("last")) == []
    assert [one["type"] for one in posts.documents] == ["failure", "failure", "success", "success"]
    assert len(mailbox.messages) == 2


def test_missing_smtp_connection_hides_no_failure(
    make_context: Any,
    state: SqlStateStore,
    posts: Posts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com")
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    with caplog.at_level(logging.ERROR):
        (error,) = fail(make_context())
    assert "SMTP connection is not found" in str(error)
    assert "lead_sync.first failed" in caplog.text
    assert "Remedy: Enter the new one." in caplog.text
    assert len(posts.documents) == 1


def test_without_channels_incidents_are_kept_all_the_same(
    make_context: Any, state: SqlStateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEADSYNC_ALERT_EMAIL", "LEADSYNC_ALERT_APPRISE"):
        monkeypatch.delenv(name, raising=False)
    fail(make_context())
    (row,) = state.incidents.still_open("lead_sync")
    assert (row["subject"], row["told"]) == ("task:first", [])
    succeed(make_context("last"))
    assert state.incidents.still_open() == []


def test_state_store_that_is_down_is_told_once_per_outage(
    make_context: Any, broken_state: None, mailbox: Mailbox
) -> None:
    assert len(fail(make_context(before=SimpleNamespace(state="success")))) == 1
    fail(make_context(before=SimpleNamespace(state="failed")))
    assert mailbox.subjects == ["leadsync: lead_sync.first failed"]


def test_run_that_timed_out_is_told_once_and_recovers(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    for _ in range(2):
        assert run_all(run_failure_callbacks(), make_context(reason="timed_out")) == []
    succeed(make_context("last"))
    assert mailbox.subjects == [
        "leadsync: lead_sync was ended by Airflow",
        "leadsync: lead_sync has recovered",
    ]


def test_run_whose_tasks_have_told_is_not_told_again(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    assert run_all(run_failure_callbacks(), make_context(reason="task_failure")) == []
    assert mailbox.messages == []
    assert state.incidents.still_open() == []


def test_success_of_one_branch_proves_nothing_of_another(
    make_context: Any, state: SqlStateStore
) -> None:
    with DAG("lead_sync", schedule=None) as dag:
        EmptyOperator(task_id="first")
        EmptyOperator(task_id="beside")
    fail(make_context())
    succeed(make_context("last", dag=dag, task=dag.get_task("beside")))
    assert [row["subject"] for row in state.incidents.still_open()] == ["task:first"]
    succeed(make_context("first", dag=dag, task=dag.get_task("first")))
    assert state.incidents.still_open() == []


def degraded(*reasons: str) -> dict[str, object]:
    return {"cycle_id": "c", "degraded": list(reasons)}


def test_run_that_succeeds_badly_is_told_once_and_when_it_is_well_again(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    for reasons in (["quarantine: 30 of 100 rows"], ["quarantine: 31 of 99 rows"], []):
        assert succeed(make_context("last", report=degraded(*reasons))) == []
    assert mailbox.subjects == [
        "leadsync: lead_sync succeeded with trouble",
        "leadsync: lead_sync has recovered",
    ]
    assert "30 of 100 rows" in body_of(mailbox.messages[0])
    assert "quarantine, 2 times" in body_of(mailbox.messages[1])


def test_only_new_reasons_are_told(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    succeed(make_context("last", report=degraded("12 persons wait")))
    succeed(make_context("last", report=degraded("12 persons wait", "quota: 95 % used")))
    first, second = map(body_of, mailbox.messages)
    assert "12 persons wait" in first
    assert "12 persons wait" not in second
    assert "quota: 95 % used" in second


def test_what_the_first_task_returns_is_no_report_of_the_run(
    make_context: Any, state: SqlStateStore, mailbox: Mailbox
) -> None:
    succeed(make_context("first", report=degraded("quota: 95 % used")))
    assert mailbox.messages == []
