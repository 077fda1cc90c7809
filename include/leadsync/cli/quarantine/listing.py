"""``leadsync quarantine list``, ``causes`` and ``show``."""

from __future__ import annotations

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.cli.quarantine.filters import filtered, statuses_option
from leadsync.clock import format_instant
from leadsync.errors import ConfigurationError
from leadsync.model import Json
from leadsync.opened import open_state
from leadsync.review.documents import cause_document, item_document, item_story
from leadsync.state.item_filter import Cause, ItemFilter
from leadsync.state.port import QuarantineRow
from leadsync.state.rows import WAITING


@click.command("list")
@statuses_option
@filtered
@click.option("--limit", type=click.IntRange(min=1), help="At most this many, newest first.")
@as_json
def list_items(
    statuses: tuple[str, ...], where: ItemFilter, limit: int | None, as_json: bool
) -> None:
    """List quarantined rows with every reason."""
    rows = open_state().quarantine(
        statuses=statuses or WAITING,  # type: ignore[arg-type]
        where=where,
        limit=limit,
    )
    if as_json:
        print_json([item_document(row) for row in rows])
        return
    print_table(
        f"Quarantine: {len(rows)} rows",
        ("id", "status", "direction", "record", "person", "field", "reason", "attempts"),
        [line for row in rows for line in _lines(row)],
    )


@click.command("causes")
@statuses_option
@filtered
@as_json
def list_causes(statuses: tuple[str, ...], where: ItemFilter, as_json: bool) -> None:
    """Group quarantined rows by what failed, the most frequent cause first."""
    causes = open_state().quarantine_causes(
        statuses=statuses or WAITING,  # type: ignore[arg-type]
        where=where,
    )
    if as_json:
        print_json([cause_document(cause) for cause in causes])
        return
    columns = ("rows", "direction", "table", "field", "rule", "limit", "source", "seen", "example")
    print_table(f"Quarantine: {len(causes)} causes", columns, map(_cause_line, causes))


@click.command("show")
@click.argument("item_id")
@as_json
def show_item(item_id: str, as_json: bool) -> None:
    """Show one quarantined row with its values and what happened to it."""
    store = open_state()
    rows = store.quarantine(ids=[item_id])
    if not rows:
        raise ConfigurationError(
            f"There is no quarantine item {item_id}.",
            remedy="Take an id from `leadsync quarantine list`.",
        )
    story = item_story(rows[0], store.quarantine_events([item_id]))
    if as_json:
        print_json(story)
        return
    _print_story(story)


def _lines(row: QuarantineRow) -> list[list[object]]:
    return [
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
        for failure in row["failures"]
    ]


def _cause_line(cause: Cause) -> list[object]:
    return [
        cause.items,
        cause.direction.replace("_", " "),
        cause.table,
        cause.field,
        cause.rule,
        cause.limit,
        cause.source,
        f"{format_instant(cause.first_seen)} to {format_instant(cause.last_seen)}",
        cause.example,
    ]


def _print_story(story: Json) -> None:
    facts = [[name, story[name]] for name in story if name not in ("failures", "row", "history")]
    print_table(f"Quarantine item {story['id']}", ("what", "value"), facts)
    print_table("Values", ("field", "value"), sorted(story["row"].items()))
    reasons = [
        [f["field"], f["rule"], f["value"], f["limit"], f["source"], f["message"]]
        for f in story["failures"]
    ]
    print_table("Why", ("field", "rule", "value", "limit", "source", "message"), reasons)
    history = [
        [e["at"], e["kind"].replace("_", " "), e["actor"] or e["cycle_id"], e["detail"]]
        for e in story["history"]
    ]
    print_table("History", ("when", "what", "by", "detail"), history)
