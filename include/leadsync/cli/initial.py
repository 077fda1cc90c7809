"""``leadsync initial``: the first load of everything, or what it would do."""

from __future__ import annotations

import uuid
from datetime import datetime

import click

from leadsync.cli.options import Instant, as_json
from leadsync.cli.output import print_counts, print_json, print_suspended, print_table
from leadsync.cycle.initial.open_load import LoadRequest
from leadsync.cycle.initial.runner import run_initial
from leadsync.cycle.open import local_holder
from leadsync.engine import build_engine
from leadsync.model import Json


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell what would be written, and write nothing.")
@click.option("--partitions", type=int, help="Divide the work so; default: 10,000 rows each.")
@click.option("--since", type=Instant(), help="No person of Marketo is older; default: found out.")
@as_json
def initial(dry_run: bool, partitions: int | None, since: datetime | None, as_json: bool) -> None:
    """Link and load everything that exists on both sides, without duplicates.

    A run that failed is gone on with by the next one of the same options.
    """
    owner = f"leadsync initial {uuid.uuid4().hex[:8]}"
    request = LoadRequest(owner, dry_run=dry_run, partitions=partitions, since=since)
    report = run_initial(build_engine(holder=local_holder()), request)
    print_suspended(report)
    if as_json:
        print_json(report)
    else:
        _show(report)


def _show(report: Json) -> None:
    head = "First load, foreseen (nothing was written)" if report["dry_run"] else "First load"
    print_counts(f"{head}: {report['cycle_id']}", report["counts"])
    read, calls = report["read"], report["calls"]
    told = ", ".join(f"{number} {kind}" for kind, number in read.items())
    click.echo(f"Read {told} in {report['partitions']} partitions.")
    click.echo(f"API calls: Marketo {calls['marketo']}, Dynamics {calls['dynamics']}")
    for name in ("operations", "collisions", "quarantine"):
        if report.get(name):
            print_table(name.capitalize(), ("what", "number"), sorted(report[name].items()))
    for reason in report.get("stops", ()):
        click.secho(f"The circuit breaker would stop the load at {reason}.", fg="yellow")
    samples = [
        [one["change"], one["marketo_id"], one["dynamics_id"], ", ".join(one["fields"])]
        for one in report.get("samples", ())
    ]
    if samples:
        print_table("Samples", ("change", "person", "record", "fields"), samples)
    for system, estimate in report.get("estimate", {}).items():
        seconds, number = estimate["seconds"], estimate["calls"]
        click.echo(f"Writing takes {number} calls to {system}: {seconds:.0f} s at its limits.")
