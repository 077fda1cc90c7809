"""``leadsync undo``: take back what one cycle wrote."""

from __future__ import annotations

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.cycle.open import local_holder
from leadsync.cycle.request.comparison import Compared
from leadsync.cycle.request.undo import undo as take_back
from leadsync.engine import build_engine
from leadsync.model import Json

#: rows that each table for people shows.
SHOWN = 100


@click.command()
@click.argument("cycle_id", metavar="CYCLE")
@click.option("--dry-run", is_flag=True, help="Only tell what would be taken back.")
@as_json
def undo(cycle_id: str, dry_run: bool, as_json: bool) -> None:
    """Take back what CYCLE wrote, field by field, where nobody has changed it since."""
    found = take_back(build_engine(holder=local_holder()), cycle_id, dry_run=dry_run)
    document = undo_document(found, cycle_id, dry_run=dry_run)
    if as_json:
        print_json(document)
    else:
        _print(document)


def undo_document(found: Compared, cycle_id: str, *, dry_run: bool) -> Json:
    """Return ``{cycle_id, dry_run, undone, changes, left, cycles, calls}``.

    ``changes`` as ``leadsync plan`` shows them, each with whether it was ``written``; ``undone``
    counts pairs.
    """
    pair = ("table", "marketo_id", "dynamics_id")
    return {
        "cycle_id": cycle_id,
        "dry_run": dry_run,
        "undone": found.repaired,
        "changes": [
            {**change, **{name: item[name] for name in pair}, "written": item["repaired"]}
            for item in found.drift
            for change in item["changes"]
        ],
        "left": found.left,
        "cycles": found.cycles,
        "calls": found.calls,
    }


def _print(document: Json) -> None:
    changes, left = document["changes"], document["left"]
    rows = [
        [
            f"{change['table']} {change['dynamics_id']}",
            change["marketo_id"],
            change["direction"].replace("_", " "),
            field["field"],
            field["from"],
            field["to"],
        ]
        for change in changes
        for field in change["fields"]
    ]
    title = "Would be taken back" if document["dry_run"] else "Taken back"
    columns = ("record", "person", "direction", "field", "from", "to")
    print_table(f"{title}: {len(rows)} values", columns, rows[:SHOWN])
    if left:
        stays = [
            [f"{one['table']} {one['dynamics_id']}", one["marketo_id"], one["field"], one["reason"]]
            for one in left
        ]
        title = f"Left alone: {len(stays)}"
        print_table(title, ("record", "person", "field", "why"), stays[:SHOWN])
    if max(len(rows), len(left)) > SHOWN:
        click.echo("--json lists all.")
    if document["cycles"]:
        click.echo(f"Done by {', '.join(document['cycles'])}, which can be undone in turn.")
