"""Life cycle of custom activity types: draft, approved, approved with draft, deleted (9)."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route

FIRST_TYPE_ID = 100_001
MOST_TYPES = 10
MOST_ATTRIBUTES = 20
DATA_TYPES = [
    "string",
    "boolean",
    "integer",
    "float",
    "link",
    "email",
    "currency",
    "date",
    "datetime",
    "phone",
    "text",
]
_NAMES = ("name", "triggerName", "filterName")
_FIXED_ONCE_APPROVED = ("apiName", *_NAMES, "primaryAttribute")


def create_type(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/activities/external/type.json``."""
    body = request.body()
    for name in ("apiName", *_NAMES, "primaryAttribute"):
        if not body.get(name):
            raise MarketoError("1002", f"Missing value for the required parameter '{name}'")
    _check_api_name(body["apiName"])
    spec = {name: body[name] for name in ("apiName", *_NAMES)}
    spec |= {"description": body.get("description", ""), "attributes": []}
    spec["primaryAttribute"] = _attribute(body["primaryAttribute"])
    with box.database.transaction():
        _check_free(box, body["apiName"])
        now = format_moment(request.now)
        number = box.keep.take_numbers("activity_type", 1, FIRST_TYPE_ID)
        box.database.run(
            "INSERT INTO activity_type_custom VALUES (?, ?, ?, ?, NULL, ?, 0)",
            (number, body["apiName"], now, now, json.dumps(spec)),
        )
    return {"result": [_shown(_row(box, body["apiName"]), draft=True)]}


def _check_free(box: Instance, api_name: str) -> None:
    known = box.database.rows("SELECT api_name, deleted FROM activity_type_custom")
    if api_name in {row["api_name"] for row in known}:
        raise MarketoError("1017", f"Activity type '{api_name}' already exists")
    if sum(not row["deleted"] for row in known) >= MOST_TYPES:
        raise MarketoError("1027", f"Max activity type limit reached ({MOST_TYPES})")


def _check_api_name(name: Any) -> None:
    if not re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9_]+", str(name)):
        raise MarketoError("1003", f"Invalid apiName '{name}'")


def _attribute(raw: Any) -> Json:
    if not isinstance(raw, dict) or not raw.get("apiName") or not raw.get("name"):
        raise MarketoError("1002", "An attribute needs 'apiName' and 'name'")
    _check_api_name(raw["apiName"])
    data_type = raw.get("dataType", "string")
    if data_type not in DATA_TYPES:
        raise MarketoError("1003", f"Invalid value for dataType '{data_type}'")
    made = {"apiName": raw["apiName"], "name": raw["name"], "dataType": data_type}
    return made | ({"description": raw["description"]} if raw.get("description") else {})


def _row(box: Instance, api_name: str) -> sqlite3.Row:
    sql = "SELECT * FROM activity_type_custom WHERE api_name = ? AND NOT deleted"
    row = box.database.row(sql, (api_name,))
    if row is None:
        raise MarketoError("1013", f"Activity type '{api_name}' not found")
    return row


def _status(row: sqlite3.Row) -> str:
    if row["deleted"]:
        return "deleted"
    if row["approved"] is None:
        return "draft"
    return "approved" if row["draft"] is None else "approved with draft"


def _shown(row: sqlite3.Row, *, draft: bool) -> Json:
    text = (row["draft"] or row["approved"]) if draft else (row["approved"] or row["draft"])
    return {
        "id": row["id"],
        **json.loads(text),
        "status": _status(row),
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def _edit(box: Instance, request: Request, change: Any) -> Json:
    with box.database.transaction():
        row = _row(box, request.path["name"])
        spec = json.loads(row["draft"] or row["approved"])
        change(spec, row["approved"] is not None)
        _save(box, row, row["approved"], json.dumps(spec), request)
    return {"result": [_shown(_row(box, row["api_name"]), draft=True)]}


def _save(
    box: Instance, row: sqlite3.Row, approved: str | None, draft: str | None, request: Request
) -> None:
    box.database.run(
        "UPDATE activity_type_custom SET approved = ?, draft = ?, updated_at = ? WHERE id = ?",
        (approved, draft, format_moment(request.now), row["id"]),
    )


def update_type(box: Instance, request: Request) -> Json:
    """``POST .../type/{apiName}.json``; names are fixed once approved."""
    body = request.body()

    def change(spec: Json, approved: bool) -> None:
        for name in {*_NAMES, "description", "primaryAttribute"} & body.keys():
            if approved and name in _FIXED_ONCE_APPROVED and body[name] != spec[name]:
                raise MarketoError("1003", f"'{name}' cannot change once the type is approved")
            spec[name] = _attribute(body[name]) if name == "primaryAttribute" else body[name]

    return _edit(box, request, change)


def _listed_attributes(request: Request) -> list[Json]:
    found = request.body().get("attributes")
    if not isinstance(found, list) or not found:
        raise MarketoError("1002", "Missing value for the required parameter 'attributes'")
    return found


def create_attributes(box: Instance, request: Request) -> Json:
    """``POST .../attributes/create.json``: at most 20 attributes."""
    made = [_attribute(raw) for raw in _listed_attributes(request)]

    def change(spec: Json, _approved: bool) -> None:
        known = {item["apiName"] for item in spec["attributes"]}
        for item in made:
            if item["apiName"] in known:
                raise MarketoError("1017", f"Attribute '{item['apiName']}' already exists")
        spec["attributes"] += made
        if len(spec["attributes"]) > MOST_ATTRIBUTES:
            raise MarketoError("1028", f"Max field limit reached ({MOST_ATTRIBUTES})")

    return _edit(box, request, change)


def update_attributes(box: Instance, request: Request) -> Json:
    """``POST .../attributes/update.json``: by ``apiName``."""
    given = _listed_attributes(request)

    def change(spec: Json, _approved: bool) -> None:
        known = {item["apiName"]: item for item in spec["attributes"]}
        for raw in given:
            if raw.get("apiName") not in known:
                raise MarketoError("1013", f"Attribute '{raw.get('apiName')}' not found")
            known[raw["apiName"]] |= _attribute({**known[raw["apiName"]], **raw})

    return _edit(box, request, change)


def delete_attributes(box: Instance, request: Request) -> Json:
    """``POST .../attributes/delete.json``: by ``apiName``."""
    names = {raw.get("apiName") for raw in _listed_attributes(request)}

    def change(spec: Json, _approved: bool) -> None:
        spec["attributes"] = [item for item in spec["attributes"] if item["apiName"] not in names]

    return _edit(box, request, change)


def approve(box: Instance, request: Request) -> Json:
    """``POST .../approve.json``: the draft becomes what activities must fit."""
    row = _row(box, request.path["name"])
    if row["draft"] is None:
        raise MarketoError("1003", f"Activity type '{row['api_name']}' has no draft to approve")
    _save(box, row, row["draft"], None, request)
    return {"result": [_shown(_row(box, row["api_name"]), draft=False)]}


def discard_draft(box: Instance, request: Request) -> Json:
    """``POST .../discardDraft.json``."""
    row = _row(box, request.path["name"])
    if row["approved"] is None or row["draft"] is None:
        raise MarketoError("1048", f"Activity type '{row['api_name']}': no draft to discard")
    _save(box, row, row["approved"], None, request)
    return {"result": [_shown(_row(box, row["api_name"]), draft=False)]}


def delete_type(box: Instance, request: Request) -> Json:
    """``POST .../delete.json``."""
    row = _row(box, request.path["name"])
    box.database.run("UPDATE activity_type_custom SET deleted = 1 WHERE id = ?", (row["id"],))
    return {"result": [{**_shown(row, draft=False), "status": "deleted"}]}


def list_types(box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/activities/external/types.json``."""
    sql = "SELECT * FROM activity_type_custom WHERE NOT deleted ORDER BY id"
    return {"result": [_shown(row, draft=False) for row in box.database.rows(sql)]}


def describe_type(box: Instance, request: Request) -> Json:
    """``GET .../type/{apiName}/describe.json[?draft=true]``."""
    draft = str(request.get("draft", "false")).lower() == "true"
    return {"result": [_shown(_row(box, request.path["name"]), draft=draft)]}


_TYPE = "/rest/v1/activities/external/type/{name}"
_PERMISSION = "Read-Write Activity Metadata"
_POSTS = [
    ("/rest/v1/activities/external/type.json", create_type),
    (f"{_TYPE}.json", update_type),
    (f"{_TYPE}/attributes/create.json", create_attributes),
    (f"{_TYPE}/attributes/update.json", update_attributes),
    (f"{_TYPE}/attributes/delete.json", delete_attributes),
]
_ACTIONS = [("approve", approve), ("discardDraft", discard_draft), ("delete", delete_type)]
ROUTES = [
    *(Route("POST", path, work, _PERMISSION, "json", writes=True) for path, work in _POSTS),
    *(
        Route("POST", f"{_TYPE}/{name}.json", work, _PERMISSION, "any", writes=True)
        for name, work in _ACTIONS
    ),
    Route("GET", "/rest/v1/activities/external/types.json", list_types, _PERMISSION),
    Route("GET", f"{_TYPE}/describe.json", describe_type, _PERMISSION),
]
