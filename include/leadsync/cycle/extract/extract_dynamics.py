"""Stage 2b: which leads and contacts changed in Dynamics, with their current values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leadsync.cycle.carried import Unfinished, due_rows, unfinished
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.extract.delta_read import cursor_name, follow
from leadsync.cycle.extract.extract_related import read_related
from leadsync.cycle.gather.lost_creates import lost_creates
from leadsync.cycle.gather.successors import unread_successors
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.reading import (
    as_table,
    read_name,
    read_rows,
    row_columns,
    row_record,
    row_values,
)
from leadsync.cycle.related.missing_lookups import arrived
from leadsync.cycle.request.requests import Asked, named_rows, read_asked
from leadsync.errors import DeltaExpiredError, SchemaChangedError
from leadsync.frames import RELATED, ROWS, Rows
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.model import DeltaRead, Json
from leadsync.state.port import LIVE, Values


@dataclass(slots=True)
class _Extract:
    """Rows collected so far, and where the next cycle starts; ``pending`` is left from before."""

    pending: Unfinished
    records: list[Json] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    full_reads: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    mapped_anew: dict[str, list[str]] = field(default_factory=dict)


def extract_dynamics(engine: Engine, cycle: Cycle) -> Json:
    """Follow the delta links, or read the backfill's interval, and write the frame ``rows``.

    :returns: counts for the log: rows by table and event, tables that were read in full.
    """
    held_lease(engine, cycle)
    try:
        plan = plan_of(engine, cycle)
        extract = _read(engine, cycle, plan)
    except (SchemaChangedError, DeltaExpiredError):
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
            "full_comparison": extract.given_up,
            "summary": summary,
        },
    )
    return summary


def _read(engine: Engine, cycle: Cycle, plan: SyncPlan) -> _Extract:
    extract = _Extract(unfinished(engine))
    cursors = engine.store.cursors()
    for table in plan.tables.values():
        stored = json.loads(cursors.get(cursor_name(table.table), "{}"))
        extract.mapped_anew[table.table] = _mapped_anew(table, stored)
        if not cycle.reads_feeds:
            continue
        if cycle.kind == "backfill" and cycle.window_from is not None:
            columns = row_columns(table)
            rows = engine.dynamics.rows_modified(
                table.table, columns, cycle.window_from, cycle.window_to
            )
            _add_rows(extract, table, rows, "feed")
        else:
            _follow_delta(engine, cycle, table, stored, extract)
            _add_by_id(engine, table, due_rows(extract.pending, plan, table.table), extract)
    asked = read_asked(engine, cycle)
    if asked.names_pairs:
        _add_named(engine, plan, asked, extract)
    _add_successors(engine, plan, extract)
    _add_related(engine, cycle, plan, extract)
    return extract


def _add_successors(engine: Engine, plan: SyncPlan, extract: _Extract) -> None:
    """Read the rows that replaced linked ones, through merges of merged rows (S093, S097)."""
    asked: set[str] = set()
    while True:
        wanted = unread_successors(engine, extract.records)
        new = {table: ids - asked for table, ids in wanted.items()}
        if not any(new.values()):
            return
        for name, ids in new.items():
            table = plan.tables.get(as_table(name))
            found = read_rows(engine, table, ids) if table else {}
            if table:
                _add_rows(extract, table, list(found.values()), "carried")
            asked |= ids


def _add_related(engine: Engine, cycle: Cycle, plan: SyncPlan, extract: _Extract) -> None:
    """Read accounts and owners, and take up the rows whose missing account is there now."""
    if plan.company is None and plan.owner is None:
        return
    items = [item for group in extract.pending.quarantine.values() for item in group]
    read = read_related(engine, cycle, plan, extract.records, items)
    engine.staging.write_rows(
        cycle.cycle_id, "related", Rows(RELATED, read.records, plan.names, read.values)
    )
    extract.cursors.update(read.cursors)
    for table in plan.tables.values():
        anew = [f.name for f in table.fields if f.via and f.name in read.fields_anew]
        extract.mapped_anew[table.table] = extract.mapped_anew.get(table.table, []) + anew
        _add_by_id(engine, table, arrived(items, table.table, read.ids), extract)


def _mapped_anew(table: TablePlan, stored: Json) -> list[str]:
    """Return the fields that no cycle has read since they were mapped."""
    select = stored.get("select")
    if select is None:
        return []
    return [plan.name for plan in table.fields if read_name(table, plan) not in select]


def _follow_delta(
    engine: Engine,
    cycle: Cycle,
    table: TablePlan,
    stored: Json,
    extract: _Extract,
) -> None:
    columns = row_columns(table)
    delta = follow(engine, cycle, table.table, columns, stored)
    deleted = set(delta.deleted)
    if delta.full:
        extract.full_reads.append(table.table)
        if stored:
            extract.given_up.append(cursor_name(table.table))
        deleted |= _vanished(engine, table, delta, extract.pending)
    _add_rows(extract, table, list(delta.rows), "feed")
    _add_deleted(extract, table, deleted, "feed")
    extract.cursors[cursor_name(table.table)] = json.dumps(
        {"select": list(columns), "link": delta.delta_link}
    )


def _vanished(engine: Engine, table: TablePlan, delta: DeltaRead, pending: Unfinished) -> set[str]:
    """Return known rows that a full read does not have: it reports no deletions itself."""
    present = {str(row[table.schema.primary_id]).lower() for row in delta.rows}
    known = {link["dynamics_id"] for link in engine.store.live_links(table.table)}
    known |= lost_creates(engine, table.table)
    return (known | pending.rows(table.table)) - present


def _add_by_id(engine: Engine, table: TablePlan, ids: set[str], extract: _Extract) -> None:
    """Add rows that are in no feed, unless they were read already."""
    if not ids:
        return
    due = ids - {r["dynamics_id"] for r in extract.records if r["table"] == table.table}
    found = read_rows(engine, table, due)
    _add_rows(extract, table, list(found.values()), "carried")
    _add_deleted(extract, table, due - found.keys(), "carried")


def _add_named(engine: Engine, plan: SyncPlan, asked: Asked, extract: _Extract) -> None:
    """Read the rows that requests name, by themselves or by their persons."""
    persons = engine.store.links_of_persons(sorted(asked.persons("sync_now")))
    links = [link for link in persons if link["status"] in LIVE]
    for table in plan.tables.values():
        named = named_rows(asked, links, table.table)
        named -= {r["dynamics_id"] for r in extract.records if r["table"] == table.table}
        found = read_rows(engine, table, named)
        _add_rows(extract, table, list(found.values()), "requested")
        _add_deleted(extract, table, named - found.keys(), "requested")


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
