"""What alerts say: where, why, what to do; nothing personal, nothing that breaks a page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from leadsync.errors import ConfigurationError
from leadsync_airflow.alerts import describe
from leadsync_airflow.alerts.alert import Alert

ERROR = ConfigurationError("mapping.yaml: field <titel> is unknown.", remedy="Write title.")


def test_failure_names_dag_task_run_cause_remedy_and_log(make_context: Any) -> None:
    alert = describe.task_failed(make_context(exception=ERROR))
    assert alert.subject == "leadsync: lead_sync.first failed"
    assert alert.text().splitlines() == [
        "DAG: lead_sync",
        "Task: first",
        "Run: run_1",
        "Cause: mapping.yaml: field <titel> is unknown.",
        "Remedy: Write title.",
        "Log: http://airflow/log",
    ]
    assert "&lt;titel&gt;" in alert.html()
    assert '<a href="http://airflow/log">' in alert.html()


@pytest.mark.parametrize(
    ("exception", "told"),
    [
        (None, "it was killed"),
        (ValueError("{{ no template }}"), "ValueError: {{ no template }}"),
        ("heartbeat lost", "Cause: heartbeat lost"),
        (ConfigurationError("No remedy."), "Remedy: Open the log."),
    ],
)
def test_every_failure_has_a_cause_and_a_remedy(
    make_context: Any, exception: object, told: str
) -> None:
    text = describe.task_failed(make_context(exception=exception)).text()
    assert told in text
    assert "Remedy: " in text


def test_personal_data_and_secrets_are_masked() -> None:
    alert = Alert("failure", "x", (("Cause", "jane@example.com, +46 8 123 45 67, token=abcdef"),))
    for text in (alert.text(), alert.html()):
        assert "jane" not in text
        assert "123 45" not in text
        assert "abcdef" not in text


def test_part_of_a_mapped_task_is_named(make_context: Any) -> None:
    context = make_context()
    context["task_instance"].map_index = 7
    assert "Task: first [7]" in describe.task_failed(context).text()


@pytest.mark.parametrize(
    ("reason", "told"),
    [("timed_out", "longer than its dagrun_timeout"), ("odd", "Airflow says: odd.")],
)
def test_run_that_airflow_ended(reason: str, told: str) -> None:
    """The DAG processor knows no task when none was at work."""
    context = {"dag": SimpleNamespace(dag_id="reconcile"), "run_id": "r", "reason": reason}
    alert = describe.run_failed(context)
    assert alert.title == "reconcile was ended by Airflow"
    assert told in alert.text()
    assert "Task:" not in alert.text()
