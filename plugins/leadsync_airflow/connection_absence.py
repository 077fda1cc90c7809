"""Makes sure that a connection which Airflow calls undefined is undefined.

Airflow says so too when its API server, its database or a secrets backend did not answer. Taken at
its word, an outage of a moment would fail a task for good, or, for ``leadsync_db``, open an empty
state store beside the one that knows all links.
"""

from __future__ import annotations

from types import ModuleType

from leadsync.errors import LeadsyncError


def require_absence_in_task(conn_id: str, task_runner: ModuleType) -> None:
    """Ask the task's supervisor once more, and its secrets backends in the worker.

    What such a backend itself raises says best why it does not answer, so it is passed on.

    :param task_runner: the Task SDK's module of a task's process.
    :raises LeadsyncError: the supervisor did not answer, or answers now; a retry helps.
    """
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection
    from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

    for backend in ensure_secrets_backend_loaded():
        backend.get_connection(conn_id=conn_id)
    try:
        answer = task_runner.SUPERVISOR_COMMS.send(GetConnection(conn_id=conn_id))
    except AirflowRuntimeError as error:
        raise _unanswered(conn_id) from error
    if isinstance(answer, ErrorResponse) and answer.error is ErrorType.CONNECTION_NOT_FOUND:
        return
    raise _unanswered(conn_id)


def require_absence(conn_id: str) -> None:
    """Ask Airflow's secrets backends and its database once more, outside of tasks.

    :raises LeadsyncError: the database did not answer, or somebody answers now.
    """
    from airflow import settings
    from airflow.configuration import ensure_secrets_loaded
    from airflow.secrets.metastore import MetastoreBackend
    from sqlalchemy import inspect
    from sqlalchemy.exc import SQLAlchemyError

    try:
        for backend in ensure_secrets_loaded():
            # Without tables nobody has set up this Airflow, so it stores no connection.
            if isinstance(backend, MetastoreBackend) and not inspect(settings.engine).has_table(
                "connection"
            ):
                continue
            if backend.get_connection(conn_id=conn_id) is not None:
                raise _unanswered(conn_id)
    except SQLAlchemyError as error:
        raise _unanswered(conn_id) from error


def _unanswered(conn_id: str) -> LeadsyncError:
    return LeadsyncError(
        f"Airflow did not say whether the connection {conn_id} is defined.",
        remedy="Try again; if it goes on, see whether Airflow's API server, its database and its "
        "secrets backend answer.",
    )
