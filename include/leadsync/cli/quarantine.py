"""``leadsync quarantine``: what is held, why, and what is to become of it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from leadsync.cli.cycle import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.clock import SystemClock
from leadsync.engine import open_state
from leadsync.errors import ConfigurationError
from leadsync.model import Json
from leadsync.review import Decision, decide_items
from leadsync.state.port import QuarantineRow

SHOWN = ("open", "released")


@click.group()
def quarantine() -> None:
    """Look into the quarantine, and decide what becomes of its rows."""


@quarantine.command("list")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(["open", "released", "retried", "recovered", "discarded", "superseded"]),
    help="Only items in this status; may be given several times. Default: open and released.",
)
@click.option("--direction", type=click.Choice(["to_marketo", "to_dynamics"]))
@click.option("--table", type=click.Choice(["lead", "contact"]))
@click.option("--limit", type=click.IntRange(min=1), help="At most this many, newest first.")
@as_json
def list_items(
    statuses: tuple[str, ...],
    direction: str | None,
    table: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List quarantined rows with every reason."""
    rows = open_state().quarantine(
        statuses=statuses or SHOWN,  # type: ignore[arg-type]
        direction=direction,  # type: ignore[arg-type]
        table=table,  # type: ignore[arg-type]
        limit=limit,
    )
    if as_json:
        print_json([item_document(row) for row in rows])
        return
    print_table(
        f"Quarantine: {len(rows)} rows",
        ("id", "status", "direction", "record", "person", "field", "reason", "attempts"),
        [
            [
                row["id"],
                row["status"],
                row["direction"].replace("_", " "),
                f"{row['dynamics_table']} {row['dynamics_id'] or ''}",
                row["marketo_id"],
                failure["field"],
                failure["message"],
                row["attempts"],
            ]
            for row in rows
            for failure in row["failures"]
        ],
    )


@quarantine.command("show")
@click.argument("item_id")
@as_json
def show_item(item_id: str, as_json: bool) -> None:
    """Show one quarantined row with its values."""
    rows = open_state().quarantine(ids=[item_id])
    if not rows:
        raise ConfigurationError(
            f"There is no quarantine item {item_id}.",
            remedy="Take an id from `leadsync quarantine list`.",
        )
    row = rows[0]
    if as_json:
        print_json({**item_document(row), "row": row["row"]})
        return
    document = item_document(row)
    facts = [[name, document[name]] for name in document if name != "failures"]
    print_table(f"Quarantine item {item_id}", ("what", "value"), facts)
    print_table("Values", ("field", "value"), sorted(row["row"].items()))
    reasons = [
        [f["field"], f["rule"], f["value"], f["limit"], f["source"], f["message"]]
        for f in row["failures"]
    ]
    print_table("Why", ("field", "rule", "value", "limit", "source", "message"), reasons)


@quarantine.command("release")
@click.argument("item_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All items that wait.")
@as_json
def release_items(item_ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Let the next cycle try items again."""
    _decide(item_ids, everything, "released", as_json)


@quarantine.command("discard")
@click.argument("item_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All items that wait.")
@as_json
def discard_items(item_ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Give items up; their records are looked at again when they change."""
    _decide(item_ids, everything, "discarded", as_json)


def _decide(ids: Sequence[str], everything: bool, decision: Decision, as_json: bool) -> None:
    if everything == bool(ids):
        raise click.UsageError("Name items by their id, or say --all.")
    chosen = None if everything else ids
    rows = decide_items(open_state(), SystemClock(), chosen, decision, f"leadsync {decision}")
    if as_json:
        print_json([item_document(row) for row in rows])
        return
    click.echo(f"{len(rows)} items {decision}.")


def item_document(row: QuarantineRow) -> Json:
    """Return an item in the shape that product.md fixes."""
    return {
        "id": row["id"],
        "status": row["status"],
        "direction": row["direction"],
        "table": row["dynamics_table"],
        "operation": row["operation"],
        "marketo_id": row["marketo_id"],
        "dynamics_id": row["dynamics_id"],
        "failures": row["failures"],
        "attempts": row["attempts"],
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "cycle_id": row["cycle_id"],
    }
