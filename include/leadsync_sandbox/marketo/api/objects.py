"""Companies and sales persons over REST (reference/marketo-rest.md 10)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.common.database import placeholders
from leadsync_sandbox.marketo.api.lead_write import api_origin
from leadsync_sandbox.marketo.changes import apply_values
from leadsync_sandbox.marketo.envelope import Json, MarketoError, SkippedError
from leadsync_sandbox.marketo.fields import COMPANY_FIELDS
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.object_kinds import KINDS, ObjectKind
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route
from leadsync_sandbox.marketo.tokens import Position, read_token, write_token
from leadsync_sandbox.marketo.values import accept

ACTIONS = ("createOrUpdate", "createOnly", "updateOnly")
DESCRIBED_AT = "2020-01-01T00:00:00Z"


def _kind(request: Request) -> ObjectKind:
    return KINDS[request.path["kind"]]


def describe(_box: Instance, request: Request) -> Json:
    """``GET /rest/v1/{kind}/describe.json``."""
    kind = _kind(request)
    fields = [
        {
            "name": field.name,
            "displayName": field.display_name,
            "dataType": field.data_type,
            **({"length": field.length} if field.length else {}),
            "updateable": True,
            "crmManaged": False,
        }
        for field in kind.fields.values()
    ]
    item = {
        "name": kind.display_name,
        "apiName": kind.name,
        "displayName": kind.display_name,
        "pluralName": kind.name.capitalize(),
        "description": f"{kind.display_name} object",
        "relationships": [],
        "state": "approved",
        "version": "approved",
        "idField": "id",
        "dedupeFields": [kind.key],
        "searchableFields": [[name] for name in kind.searchable],
        "createdAt": DESCRIBED_AT,
        "updatedAt": DESCRIBED_AT,
        "fields": fields,
    }
    return {"result": [item]}


def get_objects(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/{kind}.json?filterType=&filterValues=``."""
    kind = _kind(request)
    name = _field_name(kind, request.required("filterType"))
    if name not in kind.searchable:
        raise MarketoError("1003", f"Invalid filterType '{name}'")
    values = [value.strip() for value in request.required("filterValues").split(",")]
    names = request.listed("fields") or [kind.key, "createdAt", "updatedAt"]
    for unknown in set(names) - {*kind.fields, "id", "createdAt", "updatedAt"}:
        raise MarketoError("1006", f"Field '{unknown}' not found")
    most, token = request.batch_size(), request.get("nextPageToken")
    after = read_token(token, box.settings).after if token else 0
    column = "CAST(id AS TEXT)" if name == "id" else f"json_extract(data, '$.{name}')"
    rows = box.database.rows(
        f"SELECT * FROM object WHERE kind = ? AND {column} COLLATE NOCASE "
        f"IN ({placeholders(values)}) AND id > ? ORDER BY id LIMIT ?",
        [kind.name, *values, after, most + 1],
    )
    members: Json = {"result": [_shown(seq, row, names) for seq, row in enumerate(rows[:most])]}
    if len(rows) > most:
        members["nextPageToken"] = write_token(Position(kind.name, rows[most - 1]["id"]))
    return members | {"moreResult": len(rows) > most}


def _shown(seq: int, row: Any, names: list[str]) -> Json:
    data = json.loads(row["data"])
    data |= {"createdAt": row["created_at"], "updatedAt": row["updated_at"]}
    return {"seq": seq, "id": row["id"], **{name: data.get(name) for name in names if name != "id"}}


def _field_name(kind: ObjectKind, name: str) -> str:
    return {"idField": "id", "dedupeFields": kind.key}.get(name, name)


def _refuse_with_native_crm(box: Instance, kind: ObjectKind) -> None:
    if box.settings["native_crm"]:
        raise MarketoError("1018", f"CRM Enabled: {kind.name} are read-only")


def sync_objects(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/{kind}.json``: ``{action, dedupeBy, input}``."""
    kind, body = _kind(request), request.body()
    _refuse_with_native_crm(box, kind)
    records = request.records(box.settings["batch_over_limit_code"])
    action = body.get("action") or "createOrUpdate"
    if action not in ACTIONS:
        raise MarketoError("1003", f"Invalid value for action '{action}'")
    key = _field_name(kind, body.get("dedupeBy") or "dedupeFields")
    if key not in ("id", kind.key) or (key == "id" and action == "createOnly"):
        raise MarketoError("1003", f"Invalid value for dedupeBy '{body.get('dedupeBy')}'")
    how = ObjectWrite(kind, api_origin(request, "sync"), action, key)
    return {"result": write_objects(box, how, records)}


@dataclass(frozen=True, slots=True)
class ObjectWrite:
    """How objects are written: ``key`` is ``id`` or the kind's external id."""

    kind: ObjectKind
    origin: Origin
    action: str = "createOrUpdate"
    key: str = ""


def write_objects(box: Instance, how: ObjectWrite, records: list[Json]) -> list[Json]:
    """Write objects one by one; results carry ``seq``, and a repeated key is skipped with 1036."""
    results: list[Json] = []
    seen: set[str] = set()
    with box.database.transaction():
        for seq, record in enumerate(records):
            try:
                result = _write_one(box, how, record, seen)
            except SkippedError as skipped:
                result = {"status": "skipped", "reasons": [skipped.reason]}
            results.append({"seq": seq, **result})
    return results


def _write_one(box: Instance, how: ObjectWrite, record: Json, seen: set[str]) -> Json:
    kind, key = how.kind, how.key or how.kind.key
    wanted = str(record.get(key) or "").strip()
    if not wanted:
        raise SkippedError("1003", f"Value for '{key}' not found")
    if wanted.lower() in seen:
        raise SkippedError("1036", "Duplicate object found in input")
    seen.add(wanted.lower())
    values = _accepted(box, kind, record)
    column = "id" if key == "id" else "external_id"
    row = box.database.row(
        f"SELECT * FROM object WHERE kind = ? AND {column} = ?", (kind.name, wanted)
    )
    if row is None and (how.action == "updateOnly" or key == "id"):
        raise SkippedError("1013", f"{kind.display_name} not found")
    if row is not None and how.action == "createOnly":
        raise SkippedError("1017", f"{kind.display_name} already exists")
    number = _store(box, kind, row, values)
    if row is not None and kind.name == "companies":
        _update_people(box, str(row["external_id"]), values, how.origin)
    return {"id": number, "status": "created" if row is None else "updated"}


def _accepted(box: Instance, kind: ObjectKind, record: Json) -> dict[str, Any]:
    values = {}
    for name, raw in record.items():
        if name == "id":
            continue
        if name not in kind.fields:
            raise SkippedError("1006", f"Field '{name}' not found")
        values[name] = accept(kind.fields[name], raw, box.settings)
    return values


def _store(box: Instance, kind: ObjectKind, row: Any, values: dict[str, Any]) -> int:
    now = format_moment(box.clock.now())
    old = {} if row is None else json.loads(row["data"])
    number = box.keep.take_numbers(kind.name) if row is None else int(row["id"])
    data = {name: value for name, value in {**old, **values}.items() if value is not None}
    created = now if row is None else row["created_at"]
    updated = now if data != old else row["updated_at"]
    box.database.run(
        "REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?)",
        (kind.name, number, data.get(kind.key), created, updated, json.dumps(data)),
    )
    return number


def _update_people(box: Instance, external_id: str, values: dict[str, Any], origin: Origin) -> None:
    shared = {name: value for name, value in values.items() if name in COMPANY_FIELDS}
    fields, at = box.fields.all(), format_moment(box.clock.now())
    people = box.people.find("externalCompanyId", [external_id])
    entries = [
        entry
        for person in people
        for entry in apply_values(person, shared, fields, at=at, origin=origin)
    ]
    box.people.update(people)
    box.record(entries, origin)


def delete_objects(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/{kind}/delete.json``: ``{deleteBy, input}``."""
    kind = _kind(request)
    _refuse_with_native_crm(box, kind)
    records = request.records(box.settings["batch_over_limit_code"])
    key = _field_name(kind, request.body().get("deleteBy") or "dedupeFields")
    column = "id" if key == "id" else "external_id"
    results = []
    for seq, record in enumerate(records):
        where = (kind.name, record.get(key))
        found = box.database.value(f"SELECT id FROM object WHERE kind = ? AND {column} = ?", where)
        box.database.run(f"DELETE FROM object WHERE kind = ? AND {column} = ?", where)
        results.append({"seq": seq, **_deleted(found)})
    return {"result": results}


def _deleted(number: int | None) -> Json:
    if number is None:
        reason = {"code": "1013", "message": "Object not found"}
        return {"status": "skipped", "reasons": [reason]}
    return {"id": number, "status": "deleted"}


def _routes(kind: ObjectKind, permission: str) -> list[Route]:
    base = f"/rest/v1/{{kind:{kind.name}}}"
    write = f"Read-Write {permission}"
    return [
        Route("GET", f"{base}/describe.json", describe, f"Read-Only {permission}"),
        Route("GET", f"{base}.json", get_objects, f"Read-Only {permission}"),
        Route("POST", f"{base}.json", sync_objects, write, "json", writes=True),
        Route("POST", f"{base}/delete.json", delete_objects, write, "json", writes=True),
    ]


ROUTES = [
    *_routes(KINDS["companies"], "Company"),
    *_routes(KINDS["salespersons"], "Sales Person"),
]
