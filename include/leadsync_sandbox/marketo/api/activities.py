"""Reading the activity log (reference/marketo-rest.md 8)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leadsync_sandbox.common.clock import parse_moment
from leadsync_sandbox.common.database import placeholders
from leadsync_sandbox.marketo.activity_log import CHANGE_DATA_VALUE, DELETE_LEAD, NEW_LEAD
from leadsync_sandbox.marketo.activity_types import all_types
from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.fields import Field
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route
from leadsync_sandbox.marketo.tokens import Position, read_fresh_token, write_token

MOST_TYPES = 10
MOST_LEADS = 30
MOST_LIST_MEMBERS = 10_000
#: attributes that leadchanges shows, the values being in ``fields``.
_CHANGE_ATTRIBUTES = ("Reason", "Source", "API Method Name", "Modifying User", "Request Id")


def list_types(box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/activities/types.json``."""
    return {"result": list(all_types(box.database).values())}


def paging_token(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/activities/pagingtoken.json?sinceDatetime=``; no ``result``."""
    text = request.required("sinceDatetime")
    try:
        since = parse_moment(text)
    except ValueError as problem:
        raise MarketoError("704", f"Invalid date format: '{text}'") from problem
    return {"nextPageToken": _token(box.log.start(since), request)}


def list_activities(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/activities.json``: at most 10 types, 30 persons."""
    request.required("nextPageToken")
    request.required("activityTypeIds")
    types = request.integers("activityTypeIds")
    if len(types) > MOST_TYPES:
        raise MarketoError("1003", f"More than {MOST_TYPES} activity types")
    known = all_types(box.database)
    for number in types:
        refused = number == DELETE_LEAD and not box.settings["activities_accept_delete"]
        if number not in known or refused:
            raise MarketoError("1003", f"Invalid activityTypeIds: '{number}'")
    where, parameters = _people_clause(box, request)
    wanted = Wanted(types, where, parameters)
    return _read(box, request, wanted, lambda row: _shown(box, row, known))


def list_changes(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/activities/leadchanges.json``: types 13 of the named fields, and all 12."""
    request.required("nextPageToken")
    request.required("fields")
    names = [name.strip() for name in request.listed("fields")]
    fields = box.fields.all()
    for name in names:
        if name not in fields:
            raise MarketoError("1006", f"Field '{name}' not found")
    people, parameters = _people_clause(box, request)
    where = f"(type_id = {NEW_LEAD} OR field IN ({placeholders(names)})) AND {people}"
    wanted = Wanted([NEW_LEAD, CHANGE_DATA_VALUE], where, [*names, *parameters])
    return _read(box, request, wanted, lambda row: _change(box, row, fields))


def list_deleted(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/activities/deletedleads.json``: type 37 of the last 14 days."""
    request.required("nextPageToken")
    return _read(box, request, Wanted([DELETE_LEAD]), lambda row: _base(box, row))


def _people_clause(box: Instance, request: Request) -> tuple[str, list[Any]]:
    people = request.integers("leadIds")
    if len(people) > MOST_LEADS:
        raise MarketoError("1003", f"More than {MOST_LEADS} lead ids")
    clauses, parameters = ["1"], list(people)
    if people:
        clauses.append(f"person_id IN ({placeholders(people)})")
    for number in request.integers("listId"):
        sql = "SELECT count(*) FROM member WHERE list_id = ?"
        if box.database.value(sql, (number,)) >= MOST_LIST_MEMBERS:
            raise MarketoError("1003", f"List '{number}' has too many members")
        clauses.append("person_id IN (SELECT person_id FROM member WHERE list_id = ?)")
        parameters.append(number)
    return " AND ".join(clauses), parameters


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of the log are asked for: types, and a further condition."""

    types: Sequence[int]
    where: str = "1"
    parameters: Sequence[Any] = ()


def _read(
    box: Instance, request: Request, wanted: Wanted, show: Callable[[sqlite3.Row], Json]
) -> Json:
    block = box.log.scan(
        read_fresh_token(request.required("nextPageToken"), request.now, box.settings),
        box.clock.now(),
        types=wanted.types,
        most=request.batch_size(),
        block=box.settings["scan_block"],
        where=wanted.where,
        parameters=wanted.parameters,
    )
    members: Json = {"nextPageToken": _token(block.position, request), "moreResult": block.more}
    if block.rows:
        rows = reversed(block.rows) if box.settings["reversed_pages"] else block.rows
        members["result"] = [show(row) for row in rows]
    return members


def _token(position: Position, request: Request) -> str:
    return write_token(replace(position, issued=int(request.now.timestamp())))


def _base(box: Instance, row: sqlite3.Row) -> Json:
    item: Json = {"id": row["seq"]} if box.settings["activity_ids"] else {}
    item |= {
        "marketoGUID": str(row["seq"]),
        "leadId": row["person_id"],
        "activityDate": row["at"],
        "activityTypeId": row["type_id"],
    }
    for name, column in _OPTIONAL.items():
        if row[column] is not None:
            item[name] = row[column]
    return item | {"attributes": []}


_OPTIONAL = {
    "primaryAttributeValueId": "primary_id",
    "primaryAttributeValue": "primary_value",
    "campaignId": "campaign_id",
}


def _shown(box: Instance, row: sqlite3.Row, known: Mapping[int, Json]) -> Json:
    described = known[row["type_id"]]["attributes"]
    api_names = {item["name"]: item["apiName"] for item in described if "apiName" in item}
    attributes = []
    for name, value in json.loads(row["attributes"]).items():
        named = {"apiName": api_names[name]} if name in api_names else {}
        attributes.append({**named, "name": name, "value": value})
    return _base(box, row) | {"attributes": attributes}


def _change(box: Instance, row: sqlite3.Row, fields: Mapping[str, Field]) -> Json:
    item = _base(box, row)
    attributes = json.loads(row["attributes"])
    if row["type_id"] == NEW_LEAD:
        return item | {"attributes": [{"name": k, "value": v} for k, v in attributes.items()]}
    for name in ("primaryAttributeValueId", "primaryAttributeValue"):
        item.pop(name, None)
    change: Json = {"id": fields[row["field"]].id, "name": row["field"], "newValue": row["new"]}
    if row["old"] is not None:
        change["oldValue"] = row["old"]
    shown = [{"name": k, "value": attributes[k]} for k in _CHANGE_ATTRIBUTES if k in attributes]
    shown.append({"name": "Lead ID", "value": row["person_id"]})
    return item | {"fields": [change], "attributes": shown}


_PERMISSION = "Read-Only Activity"
ROUTES = [
    Route("GET", "/rest/v1/activities/types.json", list_types, _PERMISSION),
    Route("GET", "/rest/v1/activities/pagingtoken.json", paging_token, _PERMISSION),
    Route("GET", "/rest/v1/activities.json", list_activities, _PERMISSION),
    Route("GET", "/rest/v1/activities/leadchanges.json", list_changes, _PERMISSION),
    Route("GET", "/rest/v1/activities/deletedleads.json", list_deleted, _PERMISSION),
]
