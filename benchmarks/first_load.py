"""`make firstload`: memory and time of the first load of any number of people.

Runs every task of `lead_sync_initial` in a process of its own, as Airflow does, against systems
whose people are computed from their numbers, and tells what the tasks of each kind cost.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.crowd import people
from benchmarks.crowd.serve import SPAN
from benchmarks.cycle import free_ports, state_store
from benchmarks.population import Control
from benchmarks.process import Cost, measured, run
from leadsync_sandbox import manage
from leadsync_sandbox.info import SandboxInfo

Json = dict[str, Any]
#: all that Marketo grants: the benchmark is about our own work, not about our share of the calls.
CALLS_PER_20S = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """What the tasks of one kind cost.

    :param records: records that they worked on.
    """

    name: str
    records: int
    costs: list[Cost]

    @property
    def peak(self) -> int:
        """Most memory of one task, in bytes."""
        return max(cost.peak for cost in self.costs)

    @property
    def cpu(self) -> float:
        """Seconds of processor time of all tasks."""
        return sum(cost.cpu for cost in self.costs)


@dataclass(frozen=True, slots=True)
class Tasks:
    """Runs tasks of one load.

    :param folder: holds state store, staging and logs.
    """

    folder: Path
    environ: dict[str, str]

    def run(self, stage: str, part: Any = None, load: Json | None = None) -> tuple[Any, Cost]:
        """Run one task; returns what it tells and what it cost."""
        command = [sys.executable, "-m", "benchmarks.first_load_task", stage, json.dumps(part)]
        command += ["--load", json.dumps(load)] if load else []
        name = part["startAt"][:10] if isinstance(part, dict) else part
        return measured(command, self.environ, self.folder / f"{stage}-{name}.log")

    def all(
        self, stage: str, parts: Iterable[Any], load: Json, at_once: int = 1
    ) -> list[tuple[Any, Cost]]:
        """Run one task for each part; returns pairs as :meth:`run` does."""
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda part: self.run(stage, part, load), parts))


@dataclass(frozen=True, slots=True)
class Measured:
    """A whole load.

    :param rows: leads and contacts.
    :param partitions: into which the load was divided.
    :param seconds: wall clock of those partitions that were run.
    """

    persons: int
    rows: int
    partitions: int
    stages: tuple[Stage, ...]
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = _options(arguments)
    console = Console(highlight=False, stderr=True)
    with tempfile.TemporaryDirectory(prefix="leadsync-firstload-") as temporary:
        folder = Path(options.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        since = datetime.now(UTC).replace(microsecond=0) - SPAN - timedelta(days=1)
        with _systems(folder, options.people, since) as environ:
            load = _measure(Tasks(folder, environ), since, options, console)
    if options.json:
        print(json.dumps(asdict(load), indent=2))  # noqa: T201
    else:
        _show(Console(highlight=False), options.people, load)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make firstload", description=__doc__)
    parser.add_argument("--people", type=int, default=10_000, help="most are in both systems")
    parser.add_argument("--at-once", type=int, default=1, help="partitions side by side")
    parser.add_argument("--only", type=int, help="run so many partitions, and do not finish")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--folder", help="keep state and logs here, in an empty folder")
    return parser.parse_args(arguments)


@contextmanager
def _systems(folder: Path, size: int, since: datetime) -> Iterator[dict[str, str]]:
    """Serve both systems; yields the environment of the tasks."""
    marketo_port, dynamics_port = free_ports()
    box = folder / "sandbox"
    info = manage.up(box, marketo_port=marketo_port, dynamics_port=dynamics_port)
    state = {"AIRFLOW_CONN_LEADSYNC_DB": state_store(folder), "LEADSYNC_DATA": str(folder)}
    try:
        provision = {**info.connections(), **state}
        run(["doctor", "--provision"], provision, folder / "provision.log")
        Control(info.dynamics.url).load("account", people.accounts())
        with _crowd(folder, size, since, info) as (marketo, dynamics):
            yield {**_connections(info, marketo, dynamics), **state}
    finally:
        manage.down(box)


@contextmanager
def _crowd(
    folder: Path, size: int, since: datetime, info: SandboxInfo
) -> Iterator[tuple[str, str]]:
    """Serve the crowd before both stand-ins; yields its addresses."""
    command = [sys.executable, "-m", "benchmarks.crowd.serve", "--people", str(size)]
    command += ["--since", since.isoformat(), "--folder", str(folder)]
    command += ["--marketo", info.marketo.url, "--dynamics", info.dynamics.url]
    with subprocess.Popen(  # noqa: S603 - our own module with our own arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            marketo, dynamics = server.stdout.readline().split()
            yield marketo, dynamics
        finally:
            server.stdin.close()


def _connections(info: SandboxInfo, marketo: str, dynamics: str) -> dict[str, str]:
    """Return the sandbox's connections, leading to the crowd."""
    found = {name: json.loads(text) for name, text in info.connections().items()}
    found["AIRFLOW_CONN_MARKETO_DEFAULT"]["host"] = marketo
    found["AIRFLOW_CONN_MARKETO_DEFAULT"]["extra"]["calls_per_20s"] = CALLS_PER_20S
    found["AIRFLOW_CONN_DYNAMICS_DEFAULT"]["host"] = dynamics
    found["AIRFLOW_CONN_DYNAMICS_DEFAULT"]["extra"]["authority"] = dynamics
    return {name: json.dumps(connection) for name, connection in found.items()}


def _measure(
    tasks: Tasks, since: datetime, options: argparse.Namespace, console: Console
) -> Measured:
    opened, cost = tasks.run("open", since.isoformat())
    load = opened["load"]
    with console.status("Exporting persons"):
        windows = tasks.all("persons", opened["windows"], load)
    with console.status("Reading tables"):
        tables = tasks.all("rows", opened["tables"], load)
    divided, divide = tasks.run("divide", load=load)
    persons = sum(told["persons"] for told, _ in windows)
    rows = sum(told["rows"] for told, _ in tables if told["table"] in people.TABLES)
    some = range(min(divided, options.only or divided))
    with console.status(f"Loading {len(some)} of {divided} partitions"):
        began = time.monotonic()
        partitions = tasks.all("partition", some, load, options.at_once)
        seconds = time.monotonic() - began
    ended = [tasks.run("finish", load=load)] if len(some) == divided else []
    share = len(some) / divided
    stages = (
        Stage("open_load", 0, [cost]),
        Stage("extract_marketo", persons, [cost for _, cost in windows]),
        Stage("extract_dynamics", rows, [cost for _, cost in tables]),
        Stage("divide", 0, [divide]),
        Stage("load_partition", round((persons + rows) * share), [c for _, c in partitions]),
        *(Stage("finish_load", 0, [cost]) for _, cost in ended),
    )
    return Measured(persons, rows, divided, stages, seconds)


def _show(console: Console, size: int, load: Measured) -> None:
    """Print what each kind of task cost."""
    table = Table(title=f"First load of {size} people")
    for name in ("task", "runs", "records", "peak memory", "CPU", "CPU per 1,000 records"):
        table.add_column(name, justify="left" if name == "task" else "right")
    for stage in load.stages:
        each = f"{stage.cpu / stage.records * 1000:.2f} s" if stage.records else ""
        numbers = (str(len(stage.costs)), str(stage.records or ""), f"{stage.peak / 1e6:.0f} MB")
        table.add_row(stage.name, *numbers, f"{stage.cpu:.1f} s", each)
    console.print(table)
    done = sum(len(stage.costs) for stage in load.stages if stage.name == "load_partition")
    pace = load.rows * done / load.partitions / load.seconds
    console.print(f"{load.persons} persons, {load.rows} rows, {load.partitions} partitions.")
    console.print(f"{done} partitions took {load.seconds:.0f} s: {pace:.0f} rows a second.")


if __name__ == "__main__":
    sys.exit(main())
