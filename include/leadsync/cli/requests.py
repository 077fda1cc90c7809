"""``leadsync sync-person`` and ``leadsync sync-now``: records that somebody asks for by name."""

from __future__ import annotations

import click

from leadsync.cli.many import ManyValues
from leadsync.cli.options import PATIENCE, as_json, wait_option
from leadsync.cli.output import print_counts, print_json, print_table
from leadsync.cycle.open import local_holder
from leadsync.cycle.reading import as_table
from leadsync.cycle.request.on_request import (
    Answered,
    answer_now,
    person_request,
    request_documents,
    row_request,
)
from leadsync.engine import build_engine
from leadsync.model import TABLES, Json, Table

wait = wait_option(PATIENCE)


class Record(click.ParamType[tuple[Table, str]]):
    """A row as ``TABLE:GUID``."""

    name = "table:guid"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Table, str]:
        table, _, row_id = str(value).partition(":")
        if table not in TABLES or not row_id:
            example = "lead:7eb682f1-ca75-e511-80d4-00155d2a68d1"
            self.fail(f"{value!r} names no row; write one as {example}", param, ctx)
        return as_table(table), row_id


@click.command("sync-person")
@click.argument("persons", metavar="ID...", type=int, nargs=-1, required=True)
@click.option(
    "--as", "sync_as", type=click.Choice(["lead", "contact"]), default="lead", show_default=True
)
@click.option("--assign-to", metavar="USER", help="Owner, by id, user name or e-mail address.")
@wait
@as_json
def sync_person(
    persons: tuple[int, ...],
    sync_as: Table,
    assign_to: str | None,
    wait_seconds: float,
    as_json: bool,
) -> None:
    """Create leads or contacts for Marketo persons, unless they have one."""
    engine = build_engine(holder=local_holder())
    requests = [
        person_request(engine, "sync_person", person, sync_as=sync_as, assign_to=assign_to)
        for person in persons
    ]
    answered = answer_now(engine, requests, wait_seconds)
    documents = request_documents(engine, answered.requests)
    if as_json:
        cycle_id = answered.report["cycle_id"] if answered.report else None
        print_json({"cycle_id": cycle_id, "persons": documents, "report": answered.report})
        return
    _print(documents, answered)


@click.command("sync-now", cls=ManyValues)
@click.option("--marketo", "persons", metavar="ID...", type=int, multiple=True, help="Persons.")
@click.option(
    "--dynamics", "rows", metavar="TABLE:GUID...", type=Record(), multiple=True, help="Rows."
)
@wait
@as_json
def sync_now(
    persons: tuple[int, ...],
    rows: tuple[tuple[Table, str], ...],
    wait_seconds: float,
    as_json: bool,
) -> None:
    """Force named persons and rows through a cycle at once."""
    if not persons and not rows:
        raise click.UsageError("name at least one record with --marketo or --dynamics")
    engine = build_engine(holder=local_holder())
    requests = [person_request(engine, "sync_now", person) for person in persons]
    requests += [row_request(engine, table, row_id) for table, row_id in rows]
    answered = answer_now(engine, requests, wait_seconds)
    documents = request_documents(engine, answered.requests)
    if as_json:
        report = answered.report or {"cycle_id": None}
        print_json({**report, "requests": documents})
        return
    _print(documents, answered)


def _print(documents: list[Json], answered: Answered) -> None:
    columns = ("marketo_id", "table", "dynamics_id", "status", "outcome", "message")
    rows = [[document[name] for name in columns] for document in documents]
    print_table("Requests", columns, rows)
    if answered.report is not None:
        print_counts(f"Cycle {answered.report['cycle_id']}", answered.report["counts"])
    if answered.waits:
        click.echo("What waits is taken up by the next scheduled cycle.")
