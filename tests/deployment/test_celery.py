"""The Compose deployment's services, started natively: two Celery workers run cycles together.

Needs redis-server; PostgreSQL comes from the system or a package.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy
from scripts.airflow_api import AirflowApi

from leadsync.flow_step.access import FLOW_STEP
from support.compose_file import REPOSITORY
from support.native_stack import LOGINS, NativeStack, free_port
from support.postgres import PostgresServer
from support.sandbox import Control

pytestmark = [pytest.mark.celery, pytest.mark.timeout(900)]

DAG_ID = "lead_sync"
PEOPLE = 60
SERVICES = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")


@pytest.fixture
def redis_port(tmp_path: Path) -> Iterator[int]:
    """A Redis with the command of the Compose file."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: apt-get install redis-server"
    port = free_port()
    command = NativeStack(tmp_path / "unused", 0, port).services["redis"]["command"]
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
def stack(tmp_path: Path, redis_port: int, databases: int) -> Iterator[NativeStack]:
    """All services, migrated, with as many workers as the file has replicas."""
    stack = NativeStack(tmp_path / "stack", databases, redis_port)
    stack.run("airflow-init")
    try:
        stack.start("sandbox-marketo")
        stack.wait(lambda: control(stack, stack.marketo_port) is not None, 60, "Marketo")
        stack.start("sandbox-dynamics")
        stack.wait(lambda: control(stack, stack.dynamics_port) is not None, 60, "Dynamics")
        for service in SERVICES:
            stack.start(service)
        for replica in range(1, stack.services["airflow-worker"]["deploy"]["replicas"] + 1):
            stack.start("airflow-worker", replica=replica)
        stack.run("sandbox-connect", "--people", str(PEOPLE))
        yield stack
    finally:
        stack.stop()


def control(stack: NativeStack, port: int) -> Control | None:
    """Return the control endpoints of a stand-in once it answers."""
    certificate = stack.folder / "data" / "sandbox" / "sandbox-cert.pem"
    if not certificate.exists():
        return None
    control = Control(f"https://127.0.0.1:{port}", str(certificate))
    try:
        control.call("GET", "health")
    except requests.ConnectionError:
        return None
    return control


def run_cycle(stack: NativeStack, api: AirflowApi) -> dict[str, Any]:
    run_id = api.trigger(DAG_ID)
    ended = ("success", "failed")
    stack.wait(lambda: api.run_state(DAG_ID, run_id) in ended, 180, "finished cycle")
    assert api.run_state(DAG_ID, run_id) == "success", api.task_states(DAG_ID, run_id)
    report: dict[str, Any] = api.result(DAG_ID, run_id, "quarantine_and_commit")
    return report


def test_two_workers_share_cycles(stack: NativeStack) -> None:
    marketo, dynamics = control(stack, stack.marketo_port), control(stack, stack.dynamics_port)
    assert marketo
    assert dynamics
    api = AirflowApi(stack.base_url, ("admin", LOGINS["admin"]))
    stack.wait(api.healthy, 150, "healthy Airflow")
    api.log_in()
    stack.wait(lambda: api.knows_dag(DAG_ID), 60, "parsed DAG")
    api.unpause(DAG_ID)

    run_cycle(stack, api)
    linked = [person for person in marketo.records("leads") if person.get("leadsyncDynamicsId")]
    assert len(linked) == links_in_postgres(stack) > 0
    person = next(one for one in linked if one["leadsyncDynamicsType"] == "Lead")
    row = person["leadsyncDynamicsId"]
    dynamics.edit("update", table="lead", id=row, fields={"jobtitle": "Head of Tides"})
    run_cycle(stack, api)
    changed = next(one for one in marketo.records("leads") if one["id"] == person["id"])
    assert changed["title"] == "Head of Tides"

    assert_flow_step_works(stack, api, marketo, dynamics)
    for replica in (1, 2):
        assert "succeeded in" in stack.log(f"airflow-worker-{replica}").read_text()


def assert_flow_step_works(
    stack: NativeStack, api: AirflowApi, marketo: Control, dynamics: Control
) -> None:
    """A campaign calls the flow step; Airflow dies after it has accepted, and answers all the same.

    The watcher is dead before the calls, so nothing of them can have run when the others die.
    """
    certificate = str(stack.folder / "data" / "sandbox" / "sandbox-cert.pem")
    key = "flow-step-key-0123456789"
    extra = json.dumps({"callback_loopback": True, "ca_bundle": certificate})
    connection = {"connection_id": FLOW_STEP, "conn_type": "generic", "password": key}
    api.put_connection({**connection, "extra": extra})
    service = marketo.edit(
        "create",
        table="services",
        fields={
            "url": f"{stack.base_url}/leadsync/ssfs/openapi.json",
            "key": key,
            "callback_base": f"https://127.0.0.1:{stack.marketo_port}",
        },
    )
    persons = [marketo.edit("create", fields={"lastName": f"Flow {n}"}) for n in range(3)]
    campaign = {"id": 1001, "service": service, "persons": persons, "size": 2, "repeats": 1}
    stack.kill("airflow-triggerer")
    calls = marketo.edit("run", table="campaigns", **campaign)
    assert [call["status"] for call in calls] == [201, 201]
    killed = ("airflow-api-server", "airflow-scheduler")
    for service in killed:
        stack.kill(service)
    assert not any(call["answer"] for call in marketo.records("flow_calls"))
    for service in (*killed, "airflow-triggerer"):
        stack.start(service)

    def answered() -> list[Any]:
        items = [
            one["answer"]["objectData"] for one in marketo.records("flow_calls") if one["answer"]
        ]
        return [item["activityData"]["outcome"] for part in items for item in part]

    stack.wait(lambda: len(answered()) == len(persons), 180, "answered campaign")
    assert set(answered()) == {"created"}
    made = [row["new_marketoid"] for row in dynamics.records("lead")]
    assert [made.count(person) for person in persons] == [1, 1, 1]


def links_in_postgres(stack: NativeStack) -> int:
    url = f"postgresql+psycopg2://airflow@127.0.0.1:{stack.postgres_port}/leadsync"
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return int(connection.execute(sqlalchemy.text("SELECT count(*) FROM link")).scalar_one())
