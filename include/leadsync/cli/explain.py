"""``leadsync explain``: one person's whole story, and why it is not synchronised if it is not."""

from __future__ import annotations

import click

from leadsync.cli.options import as_json
from leadsync.cli.output import print_json, print_table
from leadsync.clock import format_instant
from leadsync.engine import build_engine
from leadsync.explain.story import explain as tell
from leadsync.model import Json
from leadsync.review.documents import item_document


@click.command()
@click.argument("key", metavar="ID|EMAIL")
@as_json
def explain(key: str, as_json: bool) -> None:
    """Tell all about one person: links, values, every change, and what holds it back.

    ID is a Marketo id, a GUID, or TABLE:GUID.
    """
    story, held = tell(build_engine(), key)
    story["blocked_by"] = [*map(item_document, held), *story["blocked_by"]]
    if as_json:
        print_json(story)
    else:
        _print(story)


def _print(story: Json) -> None:
    subject = story["subject"]
    record = f"{subject['table']} {subject['dynamics_id']}" if subject["dynamics_id"] else "no row"
    person = f"person {subject['marketo_id']}" if subject["marketo_id"] else "no person"
    click.secho(f"{person.capitalize()}, {record}", bold=True)
    columns = ("status", "table", "record", "person", "since")
    links = [
        [
            link["status"],
            link["dynamics_table"],
            link["dynamics_id"],
            link["marketo_id"],
            format_instant(link["updated_at"]),
        ]
        for link in story["links"]
    ]
    if links:
        print_table("Links", columns, links)
    fields = ("field", "base", "marketo", "dynamics", "direction")
    if story["fields"] and (subject["marketo_id"] or subject["dynamics_id"]):
        print_table("Values", fields, [[one[name] for name in fields] for one in story["fields"]])
    _print_events(story["events"])
    _print_blockers(story["blocked_by"])


def _print_events(events: list[Json]) -> None:
    if not events:
        return
    rows = [
        [
            format_instant(event["at"]),
            event["kind"].replace("_", " "),
            event["side"],
            event["field"],
            event["from"],
            event["to"],
            event.get("message") or event["rule"],
            event["cycle_id"],
        ]
        for event in events
    ]
    columns = ("at", "what", "written", "field", "from", "to", "why", "cycle")
    print_table("What happened", columns, rows)


def _print_blockers(blockers: list[Json]) -> None:
    if not blockers:
        click.secho("Nothing holds it back.", fg="green")
        return
    click.secho("Not, or not fully, synchronised because:", fg="yellow")
    for blocker in blockers:
        if "failures" not in blocker:
            click.echo(f"- {blocker['message']}")
            if blocker["remedy"]:
                click.echo(f"  What to do: {blocker['remedy']}")
            continue
        for failure in blocker["failures"]:
            click.echo(f"- in quarantine: {failure['field']}: {failure['message']}")
        click.echo(f"  See `leadsync quarantine show {blocker['id']}`.")
