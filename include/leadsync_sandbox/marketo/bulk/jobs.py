"""Progress of bulk jobs by the sandbox's clock: two run at a time, ten may wait."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

from leadsync_sandbox.marketo.bulk.extract import export_file
from leadsync_sandbox.marketo.bulk.load import run_import
from leadsync_sandbox.marketo.instance import Instance

MOST_RUNNING = 2
MOST_QUEUED = 10
ACTIVE = ("Queued", "Processing")


def advance_jobs(box: Instance) -> None:
    """Bring all jobs to where they are by now."""
    active = box.database.value(
        "SELECT 1 FROM export_job WHERE status IN ('Queued', 'Processing') "
        "UNION ALL SELECT 1 FROM import_job WHERE status IN ('Queued', 'Importing')"
    )
    if active is None:
        return
    with box.database.transaction():
        _advance_exports(box)
        _advance_imports(box)


def _advance_exports(box: Instance) -> None:
    now = box.clock.now().timestamp()
    run = float(box.settings["export_run_seconds"])
    for row in _exports(box, "Processing"):
        if now >= row["started"] + run:
            _finish_export(box, row, row["started"] + run)
    running = len(_exports(box, "Processing"))
    for row in _exports(box, "Queued"):
        due = row["queued"] + float(box.settings["export_queue_seconds"])
        if now < due or running >= MOST_RUNNING:
            continue
        box.database.run(
            "UPDATE export_job SET status = 'Processing', started = ? WHERE id = ?",
            (due, row["id"]),
        )
        running += 1
        if now >= due + run:
            _finish_export(box, row, due + run)
            running -= 1


def _exports(box: Instance, status: str) -> list[sqlite3.Row]:
    return box.database.rows("SELECT * FROM export_job WHERE status = ? ORDER BY queued", (status,))


def _finish_export(box: Instance, row: sqlite3.Row, finished: float) -> None:
    content, count = export_file(box, row["kind"], json.loads(row["request"]))
    path = export_path(box, row["id"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    box.database.run(
        "UPDATE export_job SET status = 'Completed', finished = ?, records = ?, size = ?, "
        "checksum = ? WHERE id = ?",
        (finished, count, len(content), hashlib.sha256(content).hexdigest(), row["id"]),
    )


def export_path(box: Instance, export_id: str) -> Path:
    """Return where an export's file is kept."""
    return box.folder / "marketo-exports" / export_id


def _advance_imports(box: Instance) -> None:
    now = box.clock.now().timestamp()
    sql = "SELECT * FROM import_job WHERE status IN ('Queued', 'Importing') ORDER BY id"
    for row in box.database.rows(sql)[:MOST_RUNNING]:
        if now >= row["due"]:
            run_import(box, row)
        elif row["status"] == "Queued":
            box.database.run(
                "UPDATE import_job SET status = 'Importing' WHERE id = ?", (row["id"],)
            )
