"""``leadsync cycle`` and ``leadsync plan``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from leadsync.cli.options import Instant, as_json, wait_option
from leadsync.cli.output import (
    print_counts,
    print_degraded,
    print_json,
    print_suspended,
    print_table,
    print_warnings,
)
from leadsync.clock import SystemClock
from leadsync.cycle.context import CycleRequest
from leadsync.cycle.open import local_holder
from leadsync.cycle.runner import run_cycle, run_plan
from leadsync.engine import build_engine
from leadsync.model import Json
from leadsync.state.turn import when_free


@click.command()
@click.option("--from", "start", type=Instant(), help="Read changes since this time (backfill).")
@click.option("--to", "end", type=Instant(), help="Read changes before this time (backfill).")
@wait_option(0.0)
@as_json
def cycle(start: datetime | None, end: datetime | None, wait_seconds: float, as_json: bool) -> None:
    """Run one sync cycle from the stored cursors, or over a given interval."""
    engine = build_engine(holder=local_holder())
    patience = timedelta(seconds=wait_seconds)
    report = when_free(engine.clock, lambda: run_cycle(engine, _request(start, end)), patience)
    print_suspended(report)
    print_degraded(report)
    print_warnings(report)
    if as_json:
        print_json(report)
        return
    print_counts(f"Cycle {report['cycle_id']}", report["counts"])
    calls = report["calls"]
    click.echo(f"API calls: Marketo {calls['marketo']}, Dynamics {calls['dynamics']}")
    if report["full_comparison"]:
        click.echo(f"Compared everything for {', '.join(report['full_comparison'])}.")


@click.command()
@as_json
def plan(as_json: bool) -> None:
    """Show what a cycle would write, field by field; writes nothing on either side."""
    now = SystemClock().now()
    found = run_plan(build_engine(), CycleRequest(kind="manual", window_to=now, dry_run=True))
    if as_json:
        print_json(found)
    else:
        _print_plan(found)


def _request(start: datetime | None, end: datetime | None) -> CycleRequest:
    now = datetime.now(UTC)
    if end is not None and start is None:
        raise click.UsageError("--to needs --from: an interval has two ends")
    if start is None:
        return CycleRequest(kind="manual", window_to=now)
    return CycleRequest(kind="backfill", window_from=start, window_to=end or now)


def _print_plan(found: Json) -> None:
    print_counts("Planned (nothing was written)", found["counts"])
    rows = [
        [
            change["direction"].replace("_", " "),
            change["operation"],
            f"{change['table']} {change['dynamics_id']}",
            change["marketo_id"],
            field["field"],
            field["from"],
            field["to"],
        ]
        for change in found["changes"]
        for field in change["fields"] or [{"field": None, "from": None, "to": None}]
    ]
    if rows:
        columns = ("direction", "operation", "record", "person", "field", "from", "to")
        print_table("Changes", columns, rows)
    failures = [
        [item["direction"].replace("_", " "), item["table"], failure["field"], failure["message"]]
        for item in found["quarantine"]
        for failure in item["failures"]
    ]
    if failures:
        print_table("Would be quarantined", ("direction", "table", "field", "reason"), failures)
