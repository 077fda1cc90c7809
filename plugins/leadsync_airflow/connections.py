"""Finds leadsync's connections where Airflow keeps them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from leadsync.connections import Connection
from leadsync.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.models.connection import Connection as StoredConnection
    from airflow.sdk import Connection as TaskConnection


def find_connection(conn_id: str) -> Connection | None:
    """Return the connection as Airflow knows it, or ``None`` when it does not.

    Inside a task the Task SDK is asked; elsewhere (command line, API server) Airflow's configured
    secrets backends and its own store.

    :raises ConfigurationError: the connection's extra is no JSON object, or Airflow does not let
        this task read the connection.
    """
    with _logging_kept():
        from airflow.sdk.exceptions import (
            AirflowNotFoundException,
            AirflowSecretsBackendAccessDenied,
        )

    try:
        found = _from_task_sdk(conn_id) if _inside_a_task() else _from_airflow(conn_id)
    except AirflowNotFoundException:
        return None
    except AirflowSecretsBackendAccessDenied as error:
        raise ConfigurationError(
            f"This task may not read connection {conn_id}.",
            remedy="Let the task's team read the connection in Airflow.",
        ) from error
    return Connection(
        conn_id,
        found.conn_type or "",
        host=found.host or None,
        login=found.login,
        password=found.password,
        port=found.port,
        schema=found.schema or None,
        extra=_extra(conn_id, found.extra_dejson),
    )


def _inside_a_task() -> bool:
    runner = sys.modules.get("airflow.sdk.execution_time.task_runner")
    return getattr(runner, "SUPERVISOR_COMMS", None) is not None


def _from_task_sdk(conn_id: str) -> TaskConnection:
    from airflow.sdk import BaseHook

    return BaseHook.get_connection(conn_id)


def _from_airflow(conn_id: str) -> StoredConnection:
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


def _extra(conn_id: str, extra: Any) -> dict[str, Any]:
    if isinstance(extra, dict):
        return extra
    raise ConfigurationError(
        f"The extra of connection {conn_id} is no JSON object.",
        remedy='Set it to an object, such as {"max_concurrency": 4}.',
    )
