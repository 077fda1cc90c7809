"""Read the persons that were made in one window of time, by bulk export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from leadsync.cycle.context import Engine
from leadsync.cycle.initial.export_job import WindowExport
from leadsync.cycle.initial.first_load import FirstLoad, keep_lease, note
from leadsync.cycle.initial.slots import Parts, slot_of
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.reading import exported_fields, row_id_of
from leadsync.frames import PERSON_PART
from leadsync.marketo.bulk_csv import Row, file_rows
from leadsync.model import Json
from leadsync.values.keys import email_key

#: columns of an export that are no field columns of a part.
_FIXED = ("id",)


def window_document(name: str) -> str:
    """Name of the document that says what a window holds."""
    return f"persons.{name}"


def extract_persons(engine: Engine, load: FirstLoad, window: Json) -> Json:
    """Stage the persons of a window in parts, once.

    :returns: ``{window, persons, carrying, bytes, parts, calls}``; ``carrying`` persons have the id
        of a row.
    """
    export = WindowExport(engine, load, window, engine.marketo.bulk_export("leads"))
    name = window_document(export.name)
    summary = engine.staging.read_document(load.load_id, name)
    if summary is None:
        summary = _extract(engine, load, export)
        engine.staging.write_document(load.load_id, name, summary)
    note(engine, load, {load.cursors.read(name): str(summary["persons"])})
    return summary


def _extract(engine: Engine, load: FirstLoad, export: WindowExport) -> Json:
    before = engine.ledger.calls()
    keep_lease(engine, load)
    fields = exported_fields(load_plan(engine))
    with tempfile.TemporaryDirectory(prefix="leadsync-") as folder:
        target = Path(folder) / "persons.csv"
        job = export.fetch(fields, target)
        summary = _stage(engine, load, export.name, fields, file_rows(target))
    after = engine.ledger.calls()
    summary |= {
        "window": export.name,
        "bytes": job.size or 0,
        "calls": after.get("marketo", 0) - before.get("marketo", 0),
    }
    return summary


def _stage(
    engine: Engine, load: FirstLoad, window: str, fields: Sequence[str], rows: Iterator[Row]
) -> Json:
    kept = [field for field in fields if field not in _FIXED]
    parts = Parts(engine, load.load_id, window_document(window), PERSON_PART, kept)
    persons = carrying = 0
    for row in rows:
        record = _record(row)
        persons += 1
        carrying += record["own_id"] is not None
        parts.add(record, {field: row.get(field) for field in kept if field in row})
    parts.flush()
    return {"persons": persons, "carrying": carrying, "parts": parts.names}


def _record(row: Row) -> Json:
    person, key = int(str(row["id"])), email_key(row.get("email"))
    return {
        "slot": slot_of(key, str(person)),
        "marketo_id": person,
        "email_key": key,
        "own_id": row_id_of(row),
    }
