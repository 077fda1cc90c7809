"""``leadsync reconcile`` and ``leadsync field-backfill``: all linked pairs, changed or not."""

from __future__ import annotations

from datetime import datetime

import click

from leadsync.cli.options import Instant, as_json
from leadsync.cli.output import print_json, print_table
from leadsync.cycle.open import local_holder
from leadsync.cycle.request.comparison import Compared
from leadsync.cycle.request.field_backfill import Span, backfill_field
from leadsync.cycle.request.reconcile import reconcile as run
from leadsync.engine import build_engine
from leadsync.model import Json

#: pairs that the table for people shows.
SHOWN = 100


@click.command()
@click.option(
    "--repair/--no-repair",
    default=True,
    show_default=True,
    help="Write what the field rules decide, or only tell what differs.",
)
@as_json
def reconcile(repair: bool, as_json: bool) -> None:
    """Compare all linked pairs field by field, and repair what differs."""
    _show(run(build_engine(holder=local_holder()), repair=repair), as_json=as_json)


@click.command("field-backfill")
@click.argument("field")
@click.option("--from", "start", type=Instant(), help="Rows created or changed since this time.")
@click.option("--to", "end", type=Instant(), help="Rows created or changed before this time.")
@as_json
def field_backfill(field: str, start: datetime | None, end: datetime | None, as_json: bool) -> None:
    """Bring FIELD, a Marketo name, up to date for all linked pairs; nulls included."""
    engine = build_engine(holder=local_holder())
    _show(backfill_field(engine, field, Span(start, end)), as_json=as_json)


def _show(found: Compared, *, as_json: bool) -> None:
    if as_json:
        print_json(compared_document(found))
        return
    click.echo(f"{found.compared} pairs compared, {len(found.drift)} differ.")
    rows = [
        [
            item["table"],
            item["dynamics_id"],
            item["marketo_id"],
            change["direction"].replace("_", " "),
            ", ".join(field["field"] for field in change["fields"]) or change["operation"],
            "yes" if item["repaired"] else "no",
        ]
        for item in found.drift[:SHOWN]
        for change in item["changes"]
    ]
    if rows:
        columns = ("table", "record", "person", "direction", "fields", "repaired")
        print_table("Drift", columns, rows)
    if len(found.drift) > SHOWN:
        click.echo(f"And {len(found.drift) - SHOWN} more; --json lists all.")


def compared_document(found: Compared) -> Json:
    """Return ``{compared, drift, repaired, items, calls, cycles}``."""
    return {
        "compared": found.compared,
        "drift": len(found.drift),
        "repaired": found.repaired,
        "items": found.drift,
        "calls": found.calls,
        "cycles": found.cycles,
    }
