"""The sandbox systems of ``make run``: started, provisioned, seeded, and connected to Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import requests
from rich.console import Console

from leadsync_sandbox import manage
from scripts.airflow_api import AirflowApi, Json
from scripts.airflow_env import ROOT, airflow_environment
from scripts.processes import MARK, port_is_free

FOLDER = ROOT / "data" / "sandbox"
SEED = 20260101


class SandboxError(Exception):
    """A sandbox system did not start or could not be set up; the message says why."""


def start(console: Console, marketo_port: int, dynamics_port: int, people: int) -> None:
    """Bring both systems up, with leadsync's fields, and with people when they are empty.

    :raises SandboxError: provisioning failed; the message is the doctor's.
    """
    os.environ[MARK] = str(ROOT)
    if manage.info(FOLDER) is None:
        _refuse_taken_ports(MARKETO_PORT=marketo_port, DYNAMICS_PORT=dynamics_port)
    try:
        manage.up(FOLDER, marketo_port=marketo_port, dynamics_port=dynamics_port)
    except manage.SandboxStartError as error:
        raise SandboxError(str(error)) from error
    console.print("The sandbox systems are up.")
    _provision()
    if _is_empty():
        began = time.monotonic()
        manage.seed(FOLDER, people, SEED)
        console.print(f"Loaded {people:,} people in {time.monotonic() - began:.0f} s.")


def _refuse_taken_ports(**ports: int) -> None:
    for name, port in ports.items():
        if not port_is_free(port):
            raise SandboxError(
                f"Port {port} is in use by another program. "
                f"Stop it, or choose another port: make run {name}={port + 1000}"
            )


def _provision() -> None:
    leadsync = Path(sys.executable).with_name("leadsync")
    done = subprocess.run(  # noqa: S603
        [leadsync, "doctor", "--provision"],
        env={**os.environ, **airflow_environment(), **connection_variables()},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"leadsync doctor --provision failed:\n{done.stdout}{done.stderr}")


def _is_empty() -> bool:
    url = f"{_info().dynamics.url}/_control/records/lead"
    answer = requests.get(url, params={"limit": 1}, timeout=60)
    answer.raise_for_status()
    return not answer.json()["records"]


def _info() -> manage.SandboxInfo:
    info = manage.info(FOLDER)
    if info is None:
        raise SandboxError("The sandbox is not running. Start it with: make run")
    return info


def connection_variables() -> dict[str, str]:
    """Return ``AIRFLOW_CONN_…`` variables that lead to the sandbox."""
    return _info().connections()


def connect(console: Console, api: AirflowApi) -> None:
    """Store both connections in Airflow, but keep one that leads somewhere else."""
    for variable, value in connection_variables().items():
        connection_id = variable.removeprefix("AIRFLOW_CONN_").lower()
        stored = api.connection(connection_id)
        if stored and not is_sandbox(stored):
            console.print(f"{connection_id} leads to {stored['host']}: left as it is.")
            continue
        api.put_connection(connection_body(connection_id, json.loads(value)))


def is_sandbox(connection: Json) -> bool:
    """Tell whether the stored connection leads to this machine."""
    return "127.0.0.1" in (connection.get("host") or "")


def connection_body(connection_id: str, connection: Json) -> Json:
    """Return the connection as Airflow's REST API takes it.

    The API version is the default one; left out, because Airflow warns of every extra value that is
    too short to be hidden in logs.
    """
    extra = {name: value for name, value in connection["extra"].items() if name != "api_version"}
    return {
        "connection_id": connection_id,
        "conn_type": connection["conn_type"],
        "host": connection.get("host"),
        "login": connection.get("login"),
        "password": connection.get("password"),
        "extra": json.dumps(extra),
        "description": "Sandbox of make run; replace it to connect a real system.",
    }
