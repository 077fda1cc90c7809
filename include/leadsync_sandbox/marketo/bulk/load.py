"""Running an import: every row is an upsert, failures go to their own file (14)."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from typing import Any

from leadsync_sandbox.marketo.activity_log import ADD_TO_LIST, Entry
from leadsync_sandbox.marketo.api.lists import join
from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.writing import PersonWriter, WriteMode

SEPARATORS = {"csv": ",", "tsv": "\t", "ssv": ";"}
ORIGIN = Origin("List import", "List import")


def run_import(box: Instance, row: sqlite3.Row) -> None:
    """Import a job's file and store its outcome."""
    options = json.loads(row["request"])
    text = bytes(row["body"]).decode("utf-8-sig", "replace")
    separator = SEPARATORS[options["format"].lower()]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    rows = list(reader)
    names = [name for name in reader.fieldnames or [] if name]
    try:
        results = _write(box, rows, names, options)
    except MarketoError as problem:
        _store(box, row["id"], status="Failed", message=f"Import failed: {problem.message}")
        return
    failed = [
        (raw, _reason(box, result))
        for raw, result in zip(rows, results, strict=True)
        if result["status"] == "skipped"
    ]
    done = [int(result["id"]) for result in results if result["status"] != "skipped"]
    members = _add_to_list(box, options.get("listId"), done)
    told = _message(len(done), members, len(failed))
    _store(
        box,
        row["id"],
        status="Complete",
        processed=len(done),
        failures=_file(names, failed),
        failed=len(failed),
        message=told,
    )


def _write(box: Instance, rows: list[Json], names: list[str], options: Json) -> list[Json]:
    lookup = options.get("lookupField", "email")
    action = "updateOnly" if lookup == "id" else "createOrUpdate"
    records = [_record(row, names) for row in rows]
    return PersonWriter(box, WriteMode(action, lookup), ORIGIN).write(records)


def _record(row: Json, names: list[str]) -> Json:
    """Return a row's values: an empty cell leaves the value, the word NULL clears it."""
    cells = {name: row.get(name) for name in names}
    return {
        name: None if cell == "NULL" else cell
        for name, cell in cells.items()
        if cell not in (None, "")
    }


def _reason(box: Instance, result: Json) -> str:
    reason: Json = result["reasons"][0]
    if reason["code"] == "1003":
        for field in box.fields.all().values():
            if f"for field '{field.name}'" in reason["message"]:
                return f"Invalid data type in field {field.display_name}"
    return str(reason["message"])


def _add_to_list(box: Instance, list_id: str | None, done: list[int]) -> int:
    if not list_id:
        return len(done)
    row = box.database.row("SELECT * FROM list WHERE id = ?", (int(list_id),))
    if row is None:
        return 0
    added = join(box, dict(row), box.people.by_ids(done))
    entries = [Entry(number, ADD_TO_LIST, row["id"], row["name"]) for number in added]
    box.record(entries, ORIGIN)
    return len(added)


def _message(done: int, members: int, failed: int) -> str:
    if failed:
        start = "Import completed with errors"
        return f"{start}, {done} records imported ({members} members), {failed} failed"
    return f"Import succeeded, {done} records imported ({members} members)"


def _file(names: list[str], failed: list[tuple[Json, str]]) -> str:
    if not failed:
        return ""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "Import Failure Reason"])
    writer.writerows([*(row.get(name) or "" for name in names), why] for row, why in failed)
    return text.getvalue()


def _store(box: Instance, number: int, **columns: Any) -> None:
    assignments = ", ".join(f"{name} = ?" for name in columns)
    box.database.run(
        f"UPDATE import_job SET {assignments}, body = x'' WHERE id = ?", [*columns.values(), number]
    )
