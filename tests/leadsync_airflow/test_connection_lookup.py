"""Connections are found where Airflow keeps them: in tasks by the Task SDK, else by Airflow."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.secrets.metastore import MetastoreBackend
from sqlalchemy.exc import OperationalError

from leadsync.errors import ConfigurationError, LeadsyncError
from leadsync_airflow.connection_absence import require_absence_in_task
from leadsync_airflow.connections import airflow_is_set_up, find_connection


class Supervisor:
    """Stands in for the process that serves a task: knows some connections."""

    def __init__(self, **connections: dict[str, Any]) -> None:
        self.connections = connections
        self.asked: list[str] = []

    def send(self, message: Any) -> Any:
        from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
        from airflow.sdk.execution_time.comms import (
            ConnectionResult,
            ErrorResponse,
            GetConnection,
        )

        if not isinstance(message, GetConnection):
            return None
        self.asked.append(message.conn_id)
        fields = self.connections.get(message.conn_id)
        if message.conn_id == "forbidden":
            return ErrorResponse(error=ErrorType.PERMISSION_DENIED, detail={"status_code": 403})
        if message.conn_id == "unanswered":
            error = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"message": "timed out"})
            raise AirflowRuntimeError(error=error)
        if fields is None:
            return ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)
        names = ("host", "schema", "login", "password", "port", "extra")
        return ConnectionResult(conn_id=message.conn_id, **{**dict.fromkeys(names), **fields})


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    from airflow.sdk.execution_time import task_runner

    known = Supervisor(
        marketo_default={
            "conn_type": "marketo",
            "host": "https://123-ABC-456.mktorest.com",
            "login": "id",
            "password": "long-enough-secret",
            "extra": '{"max_concurrency": 4}',
        },
        broken={"conn_type": "marketo", "extra": "[1]"},
        garbled={"conn_type": "marketo", "extra": "max_concurrency=4"},
    )
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", known, raising=False)
    return known


def test_a_task_asks_its_supervisor(supervisor: Supervisor) -> None:
    found = find_connection("marketo_default")
    assert found is not None
    assert (found.conn_type, found.host) == ("marketo", "https://123-ABC-456.mktorest.com")
    assert (found.login, found.password) == ("id", "long-enough-secret")
    assert found.extra == {"max_concurrency": 4}
    assert supervisor.asked == ["marketo_default"]


def test_what_the_supervisor_does_not_know_is_not_found(supervisor: Supervisor) -> None:
    assert find_connection("leadsync_db") is None
    assert set(supervisor.asked) == {"leadsync_db"}


def test_a_supervisor_that_does_not_answer_is_no_missing_connection(
    supervisor: Supervisor,
) -> None:
    with pytest.raises(LeadsyncError, match=r"did not say whether .* unanswered") as raised:
        find_connection("unanswered")
    assert not isinstance(raised.value, ConfigurationError)


def test_a_connection_that_is_known_after_all_is_asked_for_again(supervisor: Supervisor) -> None:
    runner = sys.modules["airflow.sdk.execution_time.task_runner"]
    with pytest.raises(LeadsyncError, match="did not say whether"):
        require_absence_in_task("marketo_default", runner)


class Set:
    """A database with all tables."""

    def has_table(self, _name: str) -> bool:
        return True


class Unreachable(MetastoreBackend):
    """Airflow's database while it is down."""

    def get_connection(self, conn_id: str, *_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, OSError("connection refused"))


def test_outside_of_tasks_a_database_that_is_down_is_no_missing_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("airflow.configuration.ensure_secrets_loaded", lambda: [Unreachable()])
    monkeypatch.setattr("sqlalchemy.inspect", lambda _engine: Set())
    with pytest.raises(LeadsyncError, match=r"did not say whether .* leadsync_db"):
        find_connection("leadsync_db")


@pytest.mark.parametrize("conn_id", ["broken", "garbled"])
def test_an_extra_that_is_no_object_is_named(supervisor: Supervisor, conn_id: str) -> None:
    with pytest.raises(ConfigurationError, match=f"connection {conn_id} .* extra is no JSON"):
        find_connection(conn_id)


def test_a_connection_that_the_task_may_not_read_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(ConfigurationError, match="may not read connection forbidden"):
        find_connection("forbidden")


def test_outside_of_tasks_airflows_own_lookup_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEADSYNC_DB", "postgres://u:p@db.example.com:5433/leads")
    found = find_connection("leadsync_db")
    assert found is not None
    assert (found.conn_type, found.host, found.port) == ("postgres", "db.example.com", 5433)
    assert (found.login, found.password, found.schema) == ("u", "p", "leads")


def test_outside_of_tasks_an_unknown_connection_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_NOBODY_KNOWS", raising=False)
    assert find_connection("nobody_knows") is None


def test_without_airflow_on_the_machine_it_is_not_even_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "airflow", raising=False)
    home = tmp_path / "airflow"
    assert not airflow_is_set_up({"AIRFLOW_HOME": str(home)})
    home.mkdir()
    assert airflow_is_set_up({"AIRFLOW_HOME": str(home)})
    assert airflow_is_set_up({"AIRFLOW_HOME": "/nowhere", "AIRFLOW__CORE__EXECUTOR": "x"})
