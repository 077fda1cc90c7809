"""Describing and creating person fields (reference/marketo-rest.md 7.1)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.fields import (
    CREATABLE_TYPES,
    MOST_API_FIELDS,
    SEARCHABLE_STANDARD,
    Field,
)
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route
from leadsync_sandbox.marketo.tokens import Position, read_token, write_token

_UPDATABLE = {
    "displayName": "display_name",
    "description": "description",
    "isHidden": "hidden",
    "isSensitive": "sensitive",
    "isHtmlEncodingInEmail": "html_encoded",
}


def describe(box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/leads/describe.json``."""
    return {"result": [_described(box, field) for field in box.fields.all().values()]}


def _described(box: Instance, field: Field) -> Json:
    item: Json = {
        "id": field.id,
        "displayName": field.display_name,
        "dataType": shown_type(box, field),
    }
    if field.length is not None:
        item["length"] = field.length
    if not field.hidden:
        item["rest"] = {"name": field.name, "readOnly": field.read_only}
    soap = field.name if field.custom else field.name[:1].upper() + field.name[1:]
    return {**item, "soap": {"name": soap, "readOnly": field.read_only}}


def shown_type(box: Instance, field: Field) -> str:
    """Return a field's data type as describe shows it; scores are recorded to be ``integer``."""
    if field.data_type == "score":
        return str(box.settings["describe_score_as"])
    return field.data_type


def describe2(box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/leads/describe2.json``."""
    fields = box.fields.all()
    searchable = [[field.name] for field in fields.values() if field.searchable]
    missing = [[name] for name in SEARCHABLE_STANDARD if name not in fields]
    described = [_described2(box, field) for field in fields.values()]
    return {
        "result": [
            {"name": "API Lead", "searchableFields": searchable + missing, "fields": described}
        ]
    }


def _described2(box: Instance, field: Field) -> Json:
    length = {} if field.length is None else {"length": field.length}
    return {
        "name": field.name,
        "displayName": field.display_name,
        "dataType": shown_type(box, field),
        **length,
        "updateable": not field.read_only and field.name != "id",
        "crmManaged": False,
    }


def list_fields(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/leads/schema/fields.json``."""
    most = request.batch_size()
    token = request.get("nextPageToken")
    after = read_token(token, box.settings).after if token else 0
    found = [field for field in box.fields.all().values() if field.id > after]
    members: Json = {"result": [_schema(box, field) for field in found[:most]]}
    if len(found) > most:
        next_token = write_token(Position("fields", found[most - 1].id))
        return members | {"nextPageToken": next_token, "moreResult": True}
    return members | {"moreResult": False}


def get_field(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/leads/schema/fields/{apiName}.json``."""
    return {"result": [_schema(box, _existing(box, request.path["name"]))]}


def _existing(box: Instance, name: str) -> Field:
    field = box.fields.all().get(name)
    if field is None:
        raise MarketoError("1006", f"Field '{name}' not found")
    return field


def _schema(box: Instance, field: Field) -> Json:
    length = {} if field.length is None else {"length": field.length}
    return {
        "displayName": field.display_name,
        "name": field.name,
        "description": field.description,
        "dataType": shown_type(box, field),
        **length,
        "isHidden": field.hidden,
        "isHtmlEncodingInEmail": field.html_encoded,
        "isSensitive": field.sensitive,
        "isCustom": field.custom,
        "isApiCreated": field.api_created,
    }


def create_fields(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/leads/schema/fields.json``: at most 100 API-created fields."""
    records = request.records(box.settings["batch_over_limit_code"])
    with box.database.transaction():
        existing = box.fields.all()
        made = sum(field.api_created for field in existing.values())
        if made + len(records) > MOST_API_FIELDS:
            raise MarketoError("1003", f"At most {MOST_API_FIELDS} fields can be created by API")
        return {"result": [_created(box, record) for record in records]}


def _created(box: Instance, record: Json) -> Json:
    try:
        return create_field(box, record, api_created=True)
    except MarketoError as problem:
        if box.settings["field_create_failure"] == "response":
            raise
        reason = {"code": problem.code, "message": problem.message}
        return {"name": record.get("name"), "status": "skipped", "reasons": [reason]}


def create_field(box: Instance, record: Json, *, api_created: bool) -> Json:
    """Create a custom field from ``{name, displayName, dataType, ...}``; return its status.

    :raises MarketoError: 1002, 1003 or 1017, naming what is wrong.
    """
    _check_new_field(box, record)
    more: dict[str, Any] = {
        attribute: record[name] for name, attribute in _UPDATABLE.items() if name in record
    }
    more.pop("display_name", None)
    if "length" in record and not api_created:
        more["length"] = record["length"]
    box.fields.add(
        record["name"], record["displayName"], record["dataType"], api_created=api_created, **more
    )
    return {"name": record["name"], "status": "created"}


def _check_new_field(box: Instance, record: Json) -> None:
    for name in ("displayName", "name", "dataType"):
        if not record.get(name):
            raise MarketoError("1002", f"Missing value for the required parameter '{name}'")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", str(record["name"])):
        raise MarketoError("1003", f"Invalid value for name '{record['name']}'")
    if record["dataType"] not in (*CREATABLE_TYPES, "text"):
        raise MarketoError("1003", f"Invalid value for dataType '{record['dataType']}'")
    existing = box.fields.all()
    if str(record["name"]).lower() in {name.lower() for name in existing}:
        raise MarketoError("1017", f"Field '{record['name']}' already exists")
    if record["displayName"] in {field.display_name for field in existing.values()}:
        raise MarketoError("1017", f"Field '{record['displayName']}' already exists")


def update_field(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/leads/schema/fields/{apiName}.json``: hide or rename; never delete."""
    field = _existing(box, request.path["name"])
    if not field.custom:
        raise MarketoError("1003", f"Field '{field.name}' cannot be updated")
    record = request.records(box.settings["batch_over_limit_code"], most=1)[0]
    changes = {attribute: record[name] for name, attribute in _UPDATABLE.items() if name in record}
    box.fields.replace(replace(field, **changes))
    return {"result": [{"name": field.name, "status": "updated"}]}


_SCHEMA = "Read-Write Schema Custom Field"
_FIELDS = "/rest/v1/leads/schema/fields.json"
_FIELD = "/rest/v1/leads/schema/fields/{name}.json"
ROUTES = [
    Route("GET", "/rest/v1/leads/describe.json", describe, "Read-Only Lead"),
    Route("GET", "/rest/v1/leads/describe2.json", describe2, "Read-Only Lead"),
    Route("GET", _FIELDS, list_fields, "Read-Only Lead"),
    Route("GET", _FIELD, get_field, "Read-Only Lead"),
    Route("POST", _FIELDS, create_fields, _SCHEMA, "json", writes=True),
    Route("POST", _FIELD, update_field, _SCHEMA, "json", writes=True),
]
