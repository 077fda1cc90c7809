"""`make run`: sandbox systems with a realistic data set, Airflow, and one finished cycle.

Running it again while all of it is up triggers one more cycle and shows that.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests
from rich.console import Console

from scripts import cycle_view, flow_step, sandbox_stack
from scripts.airflow_api import AirflowApi
from scripts.airflow_env import (
    DEFAULT_PORT,
    LOGIN,
    ROOT,
    airflow_environment,
    airflow_home,
    remember_port,
)
from scripts.processes import marked_processes, port_is_free, start_detached, stop_marked

DAG_ID = "lead_sync"
START_SECONDS = 240
PARSE_SECONDS = 90
FIRST_RUN_SECONDS = 10


class StackError(Exception):
    """The stack cannot start; the message says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Start what is not running, run one cycle and show it; returns the exit code."""
    options = _options(arguments)
    console = Console(highlight=False, soft_wrap=True)
    began = time.monotonic()
    try:
        api = start_airflow(console, options.port)
        sandbox_stack.start(console, options.marketo_port, options.dynamics_port, options.people)
        wait_for_airflow(console, api)
        sandbox_stack.connect(console, api)
        flow_step.connect(api)
        run_id = first_run(api) or api.trigger(DAG_ID)
        succeeded = cycle_view.follow(console, api, DAG_ID, run_id)
    except (StackError, sandbox_stack.SandboxError) as error:
        console.print(f"[red]{error}[/red]")
        return 1
    except requests.RequestException as error:
        console.print(f"[red]Airflow did not answer as it should: {error}[/red]\n{_log_tail()}")
        console.print("Run `make run` again: it goes on where this ended.")
        return 1
    flow_step.tell(console, api)
    user, password = LOGIN
    console.print(f"\nOpen [bold]{api.base_url}[/bold] and log in as {user} / {password}.")
    console.print(f"Done in {time.monotonic() - began:.0f} s. Stop everything with: make down")
    return 0 if succeeded else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the Airflow web page")
    parser.add_argument("--marketo-port", type=int, default=8701)
    parser.add_argument("--dynamics-port", type=int, default=8702)
    parser.add_argument("--people", type=int, default=5000, help="size of the data set")
    return parser.parse_args(arguments)


def start_airflow(console: Console, port: int) -> AirflowApi:
    """Start Airflow in the background unless it runs, and return a client that is not logged in.

    :raises StackError: another program listens on ``port``.
    """
    running = [process for process in marked_processes(ROOT) if "standalone" in process.cmdline()]
    if running:
        environment = airflow_environment()
        console.print("Airflow is running already.")
        return AirflowApi(environment["AIRFLOW__API__BASE_URL"], LOGIN)
    stop_marked(ROOT)
    if not port_is_free(port):
        raise StackError(
            f"Port {port} is in use by another program. "
            f"Stop it, or choose another port: make run PORT={port + 1}"
        )
    environment = airflow_environment(port=port)
    remember_port(port)
    binaries = Path(sys.executable).parent
    environment["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    log = airflow_home() / "standalone.log"
    start_detached([str(binaries / "airflow"), "standalone"], environment, log, ROOT)
    console.print(f"Airflow is starting; its output goes to {log.relative_to(ROOT)}.")
    return AirflowApi(environment["AIRFLOW__API__BASE_URL"], LOGIN)


def wait_for_airflow(console: Console, api: AirflowApi) -> None:
    """Wait until Airflow is healthy and has parsed the DAG, and log in.

    :raises StackError: it did not get there in time, or the DAG cannot be imported.
    """
    with console.status("Waiting for Airflow"):
        if not _within(START_SECONDS, api.healthy):
            raise StackError(f"Airflow is not healthy after {START_SECONDS} s:\n{_log_tail()}")
        api.log_in()
        if not _within(PARSE_SECONDS, lambda: api.knows_dag(DAG_ID)):
            reasons = "\n".join(api.import_errors()) or _log_tail()
            raise StackError(f"Airflow does not list the DAG {DAG_ID}:\n{reasons}")
    console.print("Airflow is healthy.")


def first_run(api: AirflowApi) -> str | None:
    """Unpause a paused DAG and return the run that the scheduler then starts by itself, if any."""
    if not api.is_paused(DAG_ID):
        return None
    api.unpause(DAG_ID)
    _within(FIRST_RUN_SECONDS, lambda: api.active_run(DAG_ID) is not None)
    return api.active_run(DAG_ID)


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def _log_tail() -> str:
    log = airflow_home() / "standalone.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-25:])


if __name__ == "__main__":
    sys.exit(main())
