"""The Compose deployment's services, started natively: two Celery workers run cycles together.

Needs redis-server; PostgreSQL comes from the system or a package.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from scripts.airflow_api import AirflowApi

from support.compose_file import REPOSITORY
from support.native_stack import BINARIES, LOGINS, NativeStack, free_port
from support.postgres import PostgresServer
from support.sandbox import RunningSandbox
from support.synced import connections

pytestmark = [pytest.mark.celery, pytest.mark.timeout(600)]

DAG_ID = "lead_sync"
SERVICES = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


@pytest.fixture
def redis_port(tmp_path: Path) -> Iterator[int]:
    """A Redis with the command of the Compose file."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: apt-get install redis-server"
    port = free_port()
    command = NativeStack(tmp_path / "unused", 0, port, {}).services["redis"]["command"]
    process = subprocess.Popen(
        [program, *command[1:], "--port", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    yield port
    process.terminate()
    process.wait()


@pytest.fixture
def databases(postgres_server: PostgresServer) -> int:
    """Both databases, made as the Compose file's PostgreSQL makes them; returns the port."""
    postgres_server.execute("CREATE ROLE airflow SUPERUSER LOGIN")
    postgres_server.execute("CREATE DATABASE airflow")
    postgres_server.execute((REPOSITORY / "deploy" / "create-databases.sql").read_text())
    return postgres_server.port


@pytest.fixture
def stack(
    tmp_path: Path,
    redis_port: int,
    databases: int,
    marketo_sandbox: RunningSandbox,
    dynamics_sandbox: RunningSandbox,
) -> Iterator[NativeStack]:
    """All services, migrated, with as many workers as the file has replicas."""
    extra = connections(marketo_sandbox, dynamics_sandbox)
    stack = NativeStack(tmp_path / "stack", databases, redis_port, extra)
    stack.run("airflow-init")
    try:
        for service in SERVICES:
            stack.start(service)
        for replica in range(1, stack.services["airflow-worker"]["deploy"]["replicas"] + 1):
            stack.start("airflow-worker", replica=replica)
        yield stack
    finally:
        stack.stop()


def provision(stack: NativeStack) -> None:
    subprocess.run(
        [BINARIES / "leadsync", "doctor", "--provision"],
        env=stack.environment("airflow-worker"),
        check=True,
        capture_output=True,
    )


def run_cycle(stack: NativeStack, api: AirflowApi) -> dict[str, Any]:
    run_id = api.trigger(DAG_ID)
    ended = ("success", "failed")
    stack.wait(lambda: api.run_state(DAG_ID, run_id) in ended, 180, "finished cycle")
    assert api.run_state(DAG_ID, run_id) == "success", api.task_states(DAG_ID, run_id)
    report: dict[str, Any] = api.result(DAG_ID, run_id, "quarantine_and_commit")
    return report


def test_two_workers_share_cycles(
    stack: NativeStack,
    marketo_sandbox: RunningSandbox,
    dynamics_sandbox: RunningSandbox,
) -> None:
    provision(stack)
    fields = {"lastname": "Ek", "jobtitle": "CTO"}
    row = dynamics_sandbox.control.edit("create", table="lead", fields=fields)
    api = AirflowApi(stack.base_url, ("admin", LOGINS["admin"]))
    stack.wait(api.healthy, 150, "healthy Airflow")
    api.log_in()
    stack.wait(lambda: api.knows_dag(DAG_ID), 60, "parsed DAG")
    api.unpause(DAG_ID)

    run_cycle(stack, api)
    (person,) = marketo_sandbox.control.records("leads")
    assert person["leadsyncDynamicsId"] == row
    dynamics_sandbox.control.edit("update", table="lead", id=row, fields={"jobtitle": "CIO"})
    run_cycle(stack, api)
    (person,) = marketo_sandbox.control.records("leads")
    assert person["title"] == "CIO"

    for replica in (1, 2):
        assert "succeeded in" in stack.log(f"airflow-worker-{replica}").read_text()
    assert links_in_postgres(stack) == 1


def links_in_postgres(stack: NativeStack) -> int:
    url = f"postgresql+psycopg2://airflow@127.0.0.1:{stack.postgres_port}/leadsync"
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return int(connection.execute(sqlalchemy.text("SELECT count(*) FROM link")).scalar_one())
