"""Finds leadsync's connections where Airflow keeps them, and reads them as the engine does."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from leadsync.connection_form import Connection, parse_extra
from leadsync.errors import ConfigurationError
from leadsync.redaction import hide_secret
from leadsync_airflow.connection_absence import require_absence, require_absence_in_task

if TYPE_CHECKING:
    from airflow.models.connection import Connection as StoredConnection
    from airflow.sdk import Connection as TaskConnection

_TASK_RUNNER = "airflow.sdk.execution_time.task_runner"


def find_connection(conn_id: str) -> Connection | None:
    """Return the connection as Airflow knows it, or ``None`` when it does not.

    Inside a task the Task SDK is asked; elsewhere (command line, API server) Airflow's configured
    secrets backends and its own store.

    :raises ConfigurationError: the connection's extra is no JSON object, or Airflow does not let
        this task read the connection.
    :raises LeadsyncError: Airflow did not answer; a retry helps.
    """
    if not airflow_is_set_up(os.environ):
        return None
    with _logging_kept():
        from airflow.sdk.exceptions import (
            AirflowNotFoundException,
            AirflowSecretsBackendAccessDenied,
        )

    try:
        found = _from_task_sdk(conn_id) if _inside_a_task() else _from_secrets(conn_id)
    except AirflowNotFoundException:
        if _inside_a_task():
            require_absence_in_task(conn_id, sys.modules[_TASK_RUNNER])
        else:
            require_absence(conn_id)
        return None
    except AirflowSecretsBackendAccessDenied as error:
        raise ConfigurationError(
            f"This task may not read connection {conn_id}.",
            remedy="Let the task's team read the connection in Airflow.",
        ) from error
    return from_airflow(conn_id, found)


def airflow_is_set_up(environ: Mapping[str, str]) -> bool:
    """Tell whether this machine has an Airflow that could know a connection.

    Importing Airflow takes seconds and makes its home folder, so a plain command line does without.
    """
    if "airflow" in sys.modules or any(name.startswith("AIRFLOW__") for name in environ):
        return True
    return Path(environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().exists()


def from_airflow(conn_id: str, stored: TaskConnection | StoredConnection) -> Connection:
    """Return what an Airflow connection says, as the engine reads it.

    Its password is masked in logs from now on.

    :raises ConfigurationError: the connection's extra is no JSON object.
    """
    from airflow.sdk.log import mask_secret

    extra = parse_extra(conn_id, stored.extra)
    mask_secret(extra)
    hide_secret(stored.password)
    return Connection(
        conn_id,
        stored.conn_type or "",
        host=stored.host or None,
        login=stored.login,
        password=stored.password,
        port=stored.port,
        schema=stored.schema or None,
        extra=extra,
    )


def _inside_a_task() -> bool:
    runner = sys.modules.get(_TASK_RUNNER)
    return getattr(runner, "SUPERVISOR_COMMS", None) is not None


def _from_task_sdk(conn_id: str) -> TaskConnection:
    from airflow.sdk import BaseHook

    return BaseHook.get_connection(conn_id)


def _from_secrets(conn_id: str) -> StoredConnection:
    with _logging_kept():
        from airflow.models.connection import Connection as StoredConnection

        return StoredConnection.get_connection_from_secrets(conn_id)


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Undo what Airflow's import does to logging: it sends everything to standard output.

    There a command line prints its answer, and the new handlers redact nothing.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
