"""`make latency`: how long Marketo's call takes until the lead is there.

Needs a stack that `make run` has started, whose scheduled cycles go on beside it. Makes persons in
the stand-in, calls the webhook for each at a random time, and takes the times from the state store
and from Airflow. Exits with 1 when a target is missed. `CALLS=1000 SECONDS=60` is a burst.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field, fields
from datetime import UTC, datetime
from statistics import median, quantiles

import requests
from rich.console import Console
from rich.table import Table
from scripts import sandbox_stack
from scripts.airflow_api import AirflowApi
from scripts.airflow_env import LOGIN, airflow_environment
from scripts.flow_step import HEADER, key_of

from benchmarks.population import Control
from leadsync.clock import parse_reading
from leadsync.flow_step.access import WEBHOOK
from leadsync.opened import open_state
from leadsync.state.port import RequestRow
from leadsync.state.store import SqlStateStore

TARGETS = {"p50": 5.0, "p95": 10.0}
SECONDS_BETWEEN = 2.5
AT_ONCE = 32
PATIENCE = 180.0
FIRST_TASKS = {"lead_sync": "open_cycle", "sync_person_to_microsoft": "sync_persons"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: when it was made, and when it was answered."""

    person: int
    sent: datetime
    answered: datetime


@dataclass(frozen=True, slots=True)
class Parts:
    """What the seconds of one call were spent on.

    :param accept: until the webhook's answer.
    :param queue: until Airflow has queued a run.
    :param start: until its task runs.
    :param turn: until its cycle is open: imports, and waiting for another cycle.
    :param work: until the lead is made: calls to both systems, decisions, checks.
    """

    accept: float
    queue: float
    start: float
    turn: float
    work: float

    @property
    def total(self) -> float:
        """All of them: from the call to the lead."""
        return float(sum(astuple(self)))


def main(arguments: list[str] | None = None) -> int:
    """Make the calls, show the times, judge them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--seconds", type=float, help="in which all calls are made")
    options = parser.parse_args(arguments)
    environment = airflow_environment()
    os.environ.update(environment)
    api = AirflowApi(environment["AIRFLOW__API__BASE_URL"], LOGIN)
    api.log_in()
    console, store = Console(), open_state()
    seconds = options.seconds or options.calls * SECONDS_BETWEEN
    calls = _calls(api.base_url, _persons(options.calls), seconds)
    runs = Runs(api)
    parts = [_parts(runs, store, call) for call in calls]
    console.print(f"{len(calls)} calls in {seconds:.0f} s became {len(runs.times)} runs.")
    return _judge(console, parts)


def _persons(count: int) -> list[int]:
    """Make persons that are no leads yet, and return their ids."""
    variables = sandbox_stack.connection_variables()
    control = Control(json.loads(variables["AIRFLOW_CONN_MARKETO_DEFAULT"])["host"])
    names = [f"Latency {time.time_ns()} {number}" for number in range(count)]
    edits = [{"operation": "create", "fields": {"lastName": name}} for name in names]
    return [int(made["id"]) for made in control.edit(edits)]


def _calls(base_url: str, persons: Sequence[int], seconds: float) -> list[Call]:
    """Call for every person at a random time within ``seconds``."""
    began = time.monotonic()
    due = [began + random.uniform(0, seconds) for _ in persons]  # noqa: S311
    waiting = sorted(zip(due, persons, strict=True))

    def call(at: float, person: int) -> Call:
        time.sleep(max(0.0, at - time.monotonic()))
        sent = datetime.now(UTC)
        answer = requests.post(
            f"{base_url}/leadsync/webhook/sync-person",
            json={"leadId": person},
            headers={HEADER: key_of(WEBHOOK)},
            timeout=30,
        )
        answer.raise_for_status()
        return Call(person, sent, datetime.now(UTC))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(call, *zip(*waiting, strict=True)))


@dataclass(frozen=True)
class Runs:
    """The runs that have answered calls, with the times at which each was queued and started."""

    api: AirflowApi
    times: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    def of(self, owner: str) -> tuple[datetime, datetime]:
        """Return the times of the run that owned a cycle."""
        if owner not in self.times:
            dag_id, _, run_id = owner.partition("/")
            queued, started = self.api.run_times(dag_id, run_id, FIRST_TASKS[dag_id])
            self.times[owner] = parse_reading(queued), parse_reading(started)
        return self.times[owner]


def _parts(runs: Runs, store: SqlStateStore, call: Call) -> Parts:
    request = _answered(store, call.person)
    cycle = store.cycle(request["cycle_id"] or "")
    if cycle is None or cycle.run_id is None:
        raise SystemExit(f"Person {call.person} was answered by no run: {request['message']}")
    queued, started = runs.of(cycle.run_id)
    (link,) = store.links_of_persons([call.person])
    moments = [call.sent, call.answered, queued, started, cycle.opened_at, link["updated_at"]]
    return Parts(*_steps(moments))


def _steps(moments: Sequence[datetime]) -> Iterator[float]:
    """Yield the seconds between moments; one that came earlier than the one before took none."""
    reached = moments[0]
    for moment in moments[1:]:
        yield max(0.0, (moment - reached).total_seconds())
        reached = max(reached, moment)


def _answered(store: SqlStateStore, person: int) -> RequestRow:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = [one for one in store.requests() if one["marketo_id"] == person]
        if found and found[-1]["status"] != "waiting":
            return found[-1]
        time.sleep(0.5)
    raise SystemExit(f"Person {person} is not answered after {PATIENCE:.0f} s.")


def _judge(console: Console, parts: Sequence[Parts]) -> int:
    table = Table("seconds", "p50", "p95", "max", title=f"From call to lead: {len(parts)} calls")
    for part in fields(Parts):
        table.add_row(part.name, *_shown([getattr(one, part.name) for one in parts]))
    totals = [one.total for one in parts]
    table.add_row("total", *_shown(totals), style="bold")
    console.print(table)
    reached = {"p50": median(totals), "p95": _p95(totals)}
    missed = [name for name, most in TARGETS.items() if reached[name] > most]
    for name in missed:
        console.print(f"[red]{name} is {reached[name]:.1f} s; at most {TARGETS[name]} s.[/red]")
    return 1 if missed else 0


def _shown(seconds: Sequence[float]) -> list[str]:
    measures: list[Callable[[Sequence[float]], float]] = [median, _p95, max]
    return [f"{measure(seconds):.2f}" for measure in measures]


def _p95(seconds: Sequence[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


if __name__ == "__main__":
    sys.exit(main())
