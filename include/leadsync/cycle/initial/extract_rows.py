"""Read a table of Dynamics from its first row to its last, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator

from leadsync.clock import format_instant
from leadsync.cycle.context import Engine
from leadsync.cycle.initial.first_load import FirstLoad, keep_lease, note
from leadsync.cycle.initial.slots import Parts, slot_of
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.reading import row_columns, row_record, row_values
from leadsync.cycle.related.related_values import RelatedSource, related_plans, sources
from leadsync.frames import ROW_PART
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.model import TABLES, Json


def table_document(name: str) -> str:
    """Name of the document that says what a table holds."""
    return f"rows.{name}"


def tables_of(plan: SyncPlan) -> list[str]:
    """Return the tables to read: leads and contacts, and those that they refer to."""
    return [*plan.tables, *(source.table for source in _sources(plan))]


def extract_rows(engine: Engine, load: FirstLoad, table: str) -> Json:
    """Stage the rows of a table in parts, once, with the link from which changes are followed.

    Of accounts, users and teams only that link is wanted: a partition reads those that it needs.

    :returns: ``{table, rows, carrying, parts, cursor, calls}``; ``carrying`` rows have the id of a
        person.
    """
    name = table_document(table)
    summary = engine.staging.read_document(load.load_id, name)
    if summary is None:
        summary = _extract(engine, load, table)
        engine.staging.write_document(load.load_id, name, summary)
    counted = summary["rows"] if table in TABLES else 0
    note(engine, load, {load.cursors.read(name): str(counted)})
    return summary


def _extract(engine: Engine, load: FirstLoad, table: str) -> Json:
    before = engine.ledger.calls()
    keep_lease(engine, load)
    plan = load_plan(engine)
    people = next((one for one in plan.tables.values() if one.table == table), None)
    if people is not None:
        summary = _people(engine, load, plan, people)
    else:
        summary = _related(engine, load, plan, table)
    calls = engine.ledger.calls().get("dynamics", 0) - before.get("dynamics", 0)
    return {**summary, "table": table, "calls": calls}


def _people(engine: Engine, load: FirstLoad, plan: SyncPlan, table: TablePlan) -> Json:
    columns = row_columns(table)
    parts = Parts(engine, load.load_id, table_document(table.table), ROW_PART, plan.names)
    rows = carrying = 0
    link: str | None = None
    for page in engine.dynamics.tracked_pages(table.table, columns):
        for raw in page.rows:
            record = row_record(table, raw, "changed", "feed")
            record["slot"] = slot_of(record["email_key"], record["dynamics_id"])
            parts.add(record, row_values(table, raw))
            carrying += record["person_id"] is not None
        rows, link = rows + len(page.rows), page.delta_link or link
        keep_lease(engine, load)
    parts.flush()
    cursor = json.dumps({"select": list(columns), "link": link})
    return {"rows": rows, "carrying": carrying, "parts": parts.names, "cursor": cursor}


def _related(engine: Engine, load: FirstLoad, plan: SyncPlan, table: str) -> Json:
    source = next(one for one in _sources(plan) if one.table == table)
    position = {"until": format_instant(load.started_at)}
    rows = 0
    if source.tracked:
        for page in engine.dynamics.tracked_pages(table, source.columns):
            rows += len(page.rows)
            position = {"link": page.delta_link or ""}
            keep_lease(engine, load)
    cursor = json.dumps({"select": list(source.columns), **position})
    return {"rows": rows, "carrying": 0, "parts": [], "cursor": cursor}


def _sources(plan: SyncPlan) -> Iterator[RelatedSource]:
    for _, related in related_plans(plan):
        yield from sources(related)
