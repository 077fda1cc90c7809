"""What alert tests share: a state store, real receivers, and Airflow's context of a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from leadsync.state.store import SqlStateStore
from support.receivers import Mailbox, Posts, apprise_connection, http_receiver, smtp_server

MakeContext = Callable[..., Any]


@pytest.fixture
def state(sqlite_store: SqlStateStore, monkeypatch: pytest.MonkeyPatch) -> SqlStateStore:
    """The state store that ``leadsync_db`` names."""
    database = sqlite_store.engine.url.database
    assert database
    monkeypatch.setenv("AIRFLOW_CONN_LEADSYNC_DB", f"sqlite:///{database}")
    return sqlite_store


@pytest.fixture
def broken_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state store that cannot be opened."""
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("AIRFLOW_CONN_LEADSYNC_DB", f"sqlite:///{blocked}/leadsync.db")


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mailbox behind ``smtp_default``, with two recipients configured."""
    box = Mailbox()
    with smtp_server(box) as connection:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", connection)
        monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com, crm@example.com")
        yield box


@pytest.fixture
def posts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Posts]:
    """A web hook behind the Apprise connection ``hook``."""
    received = Posts()
    with http_receiver(received) as url:
        monkeypatch.setenv("AIRFLOW_CONN_HOOK", apprise_connection(url))
        monkeypatch.setenv("LEADSYNC_ALERT_APPRISE", "hook")
        yield received


@pytest.fixture(scope="session")
def dag() -> DAG:
    """A DAG with a first and a last task."""
    with DAG("lead_sync", schedule=None) as dag:
        EmptyOperator(task_id="first") >> EmptyOperator(task_id="last")
    return dag


@pytest.fixture
def make_context(dag: DAG) -> MakeContext:
    """Return a function that makes Airflow's context of one of the two tasks.

    ``before`` is the run before, ``report`` what the task has returned.
    """

    def make(task_id: str = "first", run_id: str = "run_1", **more: Any) -> Any:
        before, reports = more.pop("before", None), {task_id: more.pop("report", None)}
        instance = SimpleNamespace(
            dag_id=dag.dag_id,
            task_id=task_id,
            run_id=run_id,
            map_index=-1,
            log_url="http://airflow/log",
            get_previous_dagrun=lambda: before,
            xcom_pull=lambda *, task_ids: reports[task_ids],
        )
        run = SimpleNamespace(start_date=datetime.now(UTC))
        task = dag.get_task(task_id)
        facts = {"task_instance": instance, "task": task, "dag": dag, "dag_run": run}
        return {**facts, "run_id": run_id, **more}

    return make
