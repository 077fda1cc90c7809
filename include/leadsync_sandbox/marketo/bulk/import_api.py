"""Bulk import of leads over HTTP (reference/marketo-rest.md 14)."""

from __future__ import annotations

import json
import sqlite3
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.marketo.bulk.jobs import MOST_QUEUED, advance_jobs
from leadsync_sandbox.marketo.bulk.load import SEPARATORS
from leadsync_sandbox.marketo.envelope import HttpError, Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request, integer
from leadsync_sandbox.marketo.routes import Route


def submit(box: Instance, request: Request) -> Json:
    """``POST /bulk/v1/leads.json``: multipart with part ``file``; at most ten wait or run."""
    content, form = _multipart(request.call)
    options = {**form, **dict(request.call.query)}
    _check(box, options)
    waiting = "SELECT count(*) FROM import_job WHERE status IN ('Queued', 'Importing')"
    if box.database.value(waiting) >= MOST_QUEUED:
        raise MarketoError("1016", f"Too many imports ({MOST_QUEUED}) in queue")
    number = box.keep.take_numbers("import", 1, 1001)
    now = request.now.timestamp()
    due = now + float(box.settings["import_seconds"])
    box.database.run(
        "INSERT INTO import_job (id, request, body, status, created, due) "
        "VALUES (?, ?, ?, 'Queued', ?, ?)",
        (number, json.dumps(options), content, now, due),
    )
    told = {"batchId": number, "importId": str(number), "status": "Queued"}
    advance_jobs(box)
    return {"result": [told]}


def _check(box: Instance, options: dict[str, str]) -> None:
    if options.get("format", "").lower() not in SEPARATORS:
        raise MarketoError("1003", f"Invalid format '{options.get('format')}'")
    lookup = box.fields.all().get(options.get("lookupField", "email"))
    if lookup is None or not lookup.searchable:
        raise MarketoError("1011", f"Field '{options['lookupField']}' not supported")
    list_id = options.get("listId")
    found = "SELECT 1 FROM list WHERE id = ?"
    if list_id and box.database.row(found, (integer("listId", list_id),)) is None:
        raise MarketoError("1013", "List not found")


def _multipart(call: Call) -> tuple[bytes, dict[str, str]]:
    header = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(header + call.body)
    form: dict[str, str] = {}
    content: bytes | None = None
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        payload: Any = part.get_payload(decode=True)
        if name == "file" and part.get_filename():
            content = payload
        elif isinstance(name, str):
            form[name] = payload.decode("utf-8", "replace").strip()
    if content is None:
        raise MarketoError("613", "Invalid Multipart Request")
    return content, form


def _job(box: Instance, request: Request) -> sqlite3.Row:
    number = integer("batchId", request.path["id"])
    row = box.database.row("SELECT * FROM import_job WHERE id = ?", (number,))
    if row is None:
        raise MarketoError("1013", f"Batch '{number}' not found")
    return row


def status(box: Instance, request: Request) -> Json:
    """``GET /bulk/v1/leads/batch/{batchId}.json``."""
    row = _job(box, request)
    item: Json = {
        "batchId": row["id"],
        "importId": str(row["id"]),
        "status": row["status"],
        "numOfLeadsProcessed": row["processed"],
        "numOfRowsFailed": row["failed"],
        "numOfRowsWithWarning": row["warned"],
    }
    return {"result": [item | ({"message": row["message"]} if row["message"] else {})]}


def failures(box: Instance, request: Request) -> Answer:
    """``GET .../{batchId}/failures.json``: CSV; an empty body when nothing failed."""
    return _rows(_finished(box, request)["failures"])


def warnings(box: Instance, request: Request) -> Answer:
    """``GET .../{batchId}/warnings.json``: CSV; an empty body without warnings."""
    return _rows(_finished(box, request)["warnings"])


def _finished(box: Instance, request: Request) -> sqlite3.Row:
    try:
        row = _job(box, request)
    except MarketoError as problem:
        raise HttpError(404, problem.message) from problem
    if row["status"] not in ("Complete", "Failed"):
        raise HttpError(404, f"Batch {row['id']} is {row['status']}")
    return row


def _rows(text: str) -> Answer:
    return Answer(200, {"Content-Type": "text/csv"}, text.encode())


_BATCH = "/bulk/v1/leads/batch/{id}"
ROUTES = [
    Route("POST", "/bulk/v1/leads.json", submit, "Read-Write Lead", "multipart", writes=True),
    Route("GET", f"{_BATCH}.json", status, "Read-Only Lead"),
    Route("GET", f"{_BATCH}/failures.json", failures, "Read-Only Lead"),
    Route("GET", f"{_BATCH}/warnings.json", warnings, "Read-Only Lead"),
]
