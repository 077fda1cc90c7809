"""Bulk extract of leads and activities (reference/marketo-rest.md 13)."""

from __future__ import annotations

import json
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.common.clock import format_moment, parse_moment
from leadsync_sandbox.common.database import placeholders
from leadsync_sandbox.marketo.activity_log import DELETE_LEAD
from leadsync_sandbox.marketo.activity_types import all_types
from leadsync_sandbox.marketo.bulk.extract import ACTIVITY_COLUMNS, SEPARATORS
from leadsync_sandbox.marketo.bulk.jobs import ACTIVE, MOST_QUEUED, export_path
from leadsync_sandbox.marketo.bulk.ranges import ranged
from leadsync_sandbox.marketo.envelope import HttpError, Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.limits import CENTRAL
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route

MOST_DAYS = 31
FILE_DAYS = 7
_LISTS = ("staticListId", "staticListName", "smartListId", "smartListName")


def create(box: Instance, request: Request) -> Json:
    """``POST /bulk/v1/{kind}/export/create.json``."""
    body, kind = request.body(), request.path["kind"]
    if str(body.get("format", "CSV")).upper() not in SEPARATORS:
        raise MarketoError("1003", f"Invalid format '{body.get('format')}'")
    chosen = body.get("filter")
    if not isinstance(chosen, dict) or not chosen:
        raise MarketoError("1003", "Missing filter")
    if kind == "leads":
        _check_leads(box, body, chosen)
    else:
        _check_activities(box, body, chosen)
    _check_quota(box)
    export_id = str(uuid.uuid4())
    box.database.run(
        "INSERT INTO export_job (id, kind, owner, request, status, created) "
        "VALUES (?, ?, ?, ?, 'Created', ?)",
        (export_id, kind, request.user, json.dumps(body), request.now.timestamp()),
    )
    return {"result": [_shown(_job(box, request, export_id), "Created")]}


def _check_leads(box: Instance, body: Json, chosen: Json) -> None:
    known = box.fields.all()
    names = body.get("fields")
    if not isinstance(names, list) or not names:
        raise MarketoError("1003", "Missing fields")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MarketoError("1003", f"Invalid fields [{', '.join(unknown)}]")
    if len(chosen) != 1:
        raise MarketoError("1003", "Exactly one filter is required")
    (name, value), *_ = chosen.items()
    if name in ("createdAt", "updatedAt"):
        _check_span(value)
    elif name not in _LISTS:
        raise MarketoError("1003", f"Invalid filter '{name}'")
    switch = "updated_at_filter" if name == "updatedAt" else "smart_list_filter"
    if (name == "updatedAt" or name.startswith("smart")) and not box.settings[switch]:
        raise MarketoError("1035", f"Unsupported filter type for target subscription: {name}")


def _check_activities(box: Instance, body: Json, chosen: Json) -> None:
    unknown = set(chosen) - {
        "createdAt",
        "activityTypeIds",
        "primaryAttributeValueIds",
        "primaryAttributeValues",
    }
    if "createdAt" not in chosen or unknown:
        raise MarketoError("1003", "Invalid filter: createdAt is required")
    _check_span(chosen["createdAt"])
    known = set(all_types(box.database)) - {DELETE_LEAD}
    if not set(chosen.get("activityTypeIds", [])) <= known:
        raise MarketoError("1003", f"Invalid activityTypeIds {chosen['activityTypeIds']}")
    if not set(body.get("fields") or []) <= {*ACTIVITY_COLUMNS, "actionResult"}:
        raise MarketoError("1003", f"Invalid fields {body['fields']}")


def _check_span(value: Any) -> None:
    try:
        start, end = parse_moment(value["startAt"]), parse_moment(value["endAt"])
    except (KeyError, TypeError, ValueError) as problem:
        raise MarketoError("1003", "A date filter needs startAt and endAt") from problem
    if "." in value["startAt"] + value["endAt"]:
        raise MarketoError("1003", "startAt and endAt must not have milliseconds")
    if not timedelta(0) <= end - start <= timedelta(days=MOST_DAYS):
        raise MarketoError("1003", f"Date range must be at most {MOST_DAYS} days")


def _check_quota(box: Instance) -> None:
    midnight = box.clock.now().astimezone(CENTRAL).replace(hour=0, minute=0, second=0)
    sql = "SELECT coalesce(sum(size), 0) FROM export_job WHERE finished >= ?"
    used = box.database.value(sql, (midnight.timestamp(),))
    most = int(box.settings["export_daily_bytes"])
    if used >= most:
        raise MarketoError("1029", f"Export daily quota {most // 1_000_000}MB exceeded")


def _job(box: Instance, request: Request, export_id: str) -> sqlite3.Row:
    row = box.database.row(
        "SELECT * FROM export_job WHERE id = ? AND kind = ? AND owner = ?",
        (export_id, request.path["kind"], request.user),
    )
    if row is None:
        raise MarketoError("1013", f"Export job '{export_id}' not found")
    return row


def enqueue(box: Instance, request: Request) -> Json:
    """``POST .../{exportId}/enqueue.json``: at most ten jobs wait or run."""
    row = _job(box, request, request.path["id"])
    if row["status"] in ACTIVE:
        raise MarketoError("1029", f"Export job '{row['id']}' is already queued")
    if row["status"] != "Created":
        raise MarketoError("1003", f"Export job '{row['id']}' is {row['status']}")
    _check_quota(box)
    sql = f"SELECT count(*) FROM export_job WHERE status IN ({placeholders(ACTIVE)})"
    if box.database.value(sql, ACTIVE) >= MOST_QUEUED:
        raise MarketoError("1029", f"Too many jobs ({MOST_QUEUED}) in queue")
    now = request.now.timestamp()
    box.database.run(
        "UPDATE export_job SET status = 'Queued', queued = ?, told_status = 'Queued', told = ? "
        "WHERE id = ?",
        (now, now, row["id"]),
    )
    return {"result": [_shown(_job(box, request, row["id"]), "Queued")]}


def status(box: Instance, request: Request) -> Json:
    """``GET .../{exportId}/status.json``: shows progress at most every 60 seconds (switch)."""
    row = _job(box, request, request.path["id"])
    return {"result": [_shown(row, _told(box, row, request.now.timestamp()))]}


def _told(box: Instance, row: sqlite3.Row, now: float) -> str:
    refresh = float(box.settings["status_refresh_seconds"])
    if row["told"] is not None and now < row["told"] + refresh:
        return str(row["told_status"])
    box.database.run(
        "UPDATE export_job SET told_status = status, told = ? WHERE id = ?", (now, row["id"])
    )
    return str(row["status"])


def cancel(box: Instance, request: Request) -> Json:
    """``POST .../{exportId}/cancel.json``; answers ``Cancelled``."""
    row = _job(box, request, request.path["id"])
    if row["status"] == "Completed":
        raise MarketoError("1003", f"Export job '{row['id']}' is Completed")
    box.database.run(
        "UPDATE export_job SET status = 'Cancelled', told_status = 'Cancelled' WHERE id = ?",
        (row["id"],),
    )
    return {"result": [_shown(_job(box, request, row["id"]), "Cancelled")]}


def list_jobs(box: Instance, request: Request) -> Json:
    """``GET /bulk/v1/{kind}/export.json``: the caller's own jobs of the last 7 days."""
    oldest = (request.now - timedelta(days=FILE_DAYS)).timestamp()
    rows = box.database.rows(
        "SELECT * FROM export_job WHERE kind = ? AND owner = ? AND created >= ? ORDER BY created",
        (request.path["kind"], request.user, oldest),
    )
    wanted = {name.lower().replace("canceled", "cancelled") for name in request.listed("status")}
    return {
        "result": [
            _shown(row, row["status"])
            for row in rows
            if not wanted or row["status"].lower() in wanted
        ]
    }


def file(box: Instance, request: Request) -> Answer:
    """``GET .../{exportId}/file.json``: raw file; 404 before ``Completed``; ranges are 206."""
    try:
        row = _job(box, request, request.path["id"])
    except MarketoError as problem:
        raise HttpError(404, problem.message) from problem
    path = export_path(box, row["id"])
    oldest = (request.now - timedelta(days=FILE_DAYS)).timestamp()
    if row["status"] != "Completed" or row["finished"] < oldest or not path.exists():
        raise HttpError(404, f"Export file for job {row['id']} is not available")
    return ranged(path.read_bytes(), request.call.headers.get("range"))


def _shown(row: sqlite3.Row, told: str) -> Json:
    item: Json = {
        "exportId": row["id"],
        "format": str(json.loads(row["request"]).get("format", "CSV")).upper(),
        "status": told,
    }
    item |= _times(row, told)
    if told == "Completed":
        item |= {
            "numberOfRecords": row["records"],
            "fileSize": row["size"],
            "fileChecksum": f"sha256:{row['checksum']}",
        }
    return item


def _times(row: sqlite3.Row, told: str) -> Json:
    shown = {"createdAt": row["created"], "queuedAt": row["queued"]}
    if told in ("Processing", "Completed"):
        shown["startedAt"] = row["started"]
    if told == "Completed":
        shown["finishedAt"] = row["finished"]
    return {
        name: format_moment(datetime.fromtimestamp(value, UTC))
        for name, value in shown.items()
        if value is not None
    }


def _routes(kind: str, permission: str) -> list[Route]:
    base = f"/bulk/v1/{{kind:{kind}}}/export"
    job = f"{base}/{{id}}"
    return [
        Route("GET", f"{base}.json", list_jobs, permission),
        Route("POST", f"{base}/create.json", create, permission, "json", writes=True),
        Route("POST", f"{job}/enqueue.json", enqueue, permission, "any", writes=True),
        Route("POST", f"{job}/cancel.json", cancel, permission, "any", writes=True),
        Route("GET", f"{job}/status.json", status, permission),
        Route("GET", f"{job}/file.json", file, permission),
    ]


ROUTES = [
    *_routes("leads", "Read-Only Lead"),
    *_routes("activities", "Read-Only Activity"),
]
