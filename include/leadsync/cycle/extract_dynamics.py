"""Stage 2b: which leads and contacts changed in Dynamics, with their current values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leadsync.cycle.carried import due_rows, unfinished
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.reading import read_rows, row_columns, row_record, row_values
from leadsync.cycle.schemas import plan_of
from leadsync.errors import DeltaExpiredError, SchemaChangedError
from leadsync.frames import ROWS, Rows
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.model import DeltaRead, Json
from leadsync.state.port import Values


@dataclass(slots=True)
class _Extract:
    """Rows collected so far, and where the next cycle starts."""

    records: list[Json] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    full_reads: list[str] = field(default_factory=list)
    mapped_anew: dict[str, list[str]] = field(default_factory=dict)


def extract_dynamics(engine: Engine, cycle: Cycle) -> Json:
    """Follow the delta links, or read the backfill's interval, and write the frame ``rows``.

    :returns: counts for the log: rows by table and event, tables that were read in full.
    """
    held_lease(engine, cycle)
    try:
        plan = plan_of(engine, cycle)
        extract = _read(engine, cycle, plan)
    except SchemaChangedError:
        plan = plan_of(engine, cycle, refresh=True)
        extract = _read(engine, cycle, plan)
    rows = Rows(ROWS, extract.records, plan.names, extract.values)
    engine.staging.write_rows(cycle.cycle_id, "rows", rows)
    summary: dict[str, Any] = {"read_in_full": extract.full_reads}
    for record in extract.records:
        key = f"{record['table']}_{record['event']}"
        summary[key] = summary.get(key, 0) + 1
    engine.staging.write_document(
        cycle.cycle_id,
        "extract_dynamics",
        {
            "stamp": engine.new_id(),
            "cursors": extract.cursors,
            "mapped_anew": extract.mapped_anew,
            "summary": summary,
        },
    )
    return summary


def cursor_name(table: str) -> str:
    """Name under which a table's delta link is stored."""
    return f"dynamics.{table}"


def _read(engine: Engine, cycle: Cycle, plan: SyncPlan) -> _Extract:
    extract = _Extract()
    for table in plan.tables.values():
        if cycle.is_backfill and cycle.window_from is not None:
            columns = row_columns(table)
            rows = engine.dynamics.rows_modified(
                table.table, columns, cycle.window_from, cycle.window_to
            )
            _add_rows(extract, table, rows, "feed")
        else:
            _follow_delta(engine, table, extract)
            _add_carried(engine, plan, table, extract)
    return extract


def _follow_delta(engine: Engine, table: TablePlan, extract: _Extract) -> None:
    columns = row_columns(table)
    stored = json.loads(engine.store.cursors().get(cursor_name(table.table), "{}"))
    if "select" in stored:
        known = set(stored["select"])
        new = [plan.name for plan in table.fields if plan.column.read_name not in known]
        extract.mapped_anew[table.table] = new
    delta = _delta(engine, table, columns, stored)
    deleted = set(delta.deleted)
    if delta.full:
        extract.full_reads.append(table.table)
        deleted |= _vanished(engine, table, delta)
    _add_rows(extract, table, list(delta.rows), "feed")
    _add_deleted(extract, table, deleted, "feed")
    extract.cursors[cursor_name(table.table)] = json.dumps(
        {"select": list(columns), "link": delta.delta_link}
    )


def _delta(engine: Engine, table: TablePlan, columns: tuple[str, ...], stored: Json) -> DeltaRead:
    """Follow the stored link; read in full when there is none, it expired or selects otherwise."""
    link = stored.get("link") if stored.get("select") == list(columns) else None
    try:
        return engine.dynamics.delta(table.table, columns, link)
    except DeltaExpiredError:
        return engine.dynamics.delta(table.table, columns, None)


def _vanished(engine: Engine, table: TablePlan, delta: DeltaRead) -> set[str]:
    """Return known rows that a full read does not have: it reports no deletions itself."""
    present = {str(row[table.schema.primary_id]).lower() for row in delta.rows}
    known = {link["dynamics_id"] for link in engine.store.live_links(table.table)}
    return (known | unfinished(engine).rows(table.table)) - present


def _add_carried(engine: Engine, plan: SyncPlan, table: TablePlan, extract: _Extract) -> None:
    extracted = {r["dynamics_id"] for r in extract.records if r["table"] == table.table}
    due = due_rows(unfinished(engine), plan, table.table) - extracted
    found = read_rows(engine, table, due)
    _add_rows(extract, table, list(found.values()), "carried")
    _add_deleted(extract, table, due - found.keys(), "carried")


def _add_deleted(extract: _Extract, table: TablePlan, ids: Iterable[str], origin: str) -> None:
    for dynamics_id in sorted(ids):
        extract.records.append(
            {"table": table.table, "dynamics_id": dynamics_id, "event": "deleted", "origin": origin}
        )
        extract.values.append({})


def _add_rows(extract: _Extract, table: TablePlan, rows: list[Json], origin: str) -> None:
    for raw in rows:
        extract.records.append(row_record(table, raw, "changed", origin))
        extract.values.append(row_values(table, raw))
