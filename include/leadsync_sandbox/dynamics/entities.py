"""Requests on one row: the header matrix of reference section 6.1, properties and links."""

from __future__ import annotations

import re
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.addresses import Address, parse_address, resolve_bind
from leadsync_sandbox.dynamics.errors import (
    ApiError,
    duplicate_row,
    query_error,
    unknown_property,
    unsupported,
    version_mismatch,
)
from leadsync_sandbox.dynamics.exchange import Request, empty_reply, json_reply
from leadsync_sandbox.dynamics.payload import parse_json
from leadsync_sandbox.dynamics.query.collections import find_collection
from leadsync_sandbox.dynamics.reading import read_row
from leadsync_sandbox.dynamics.rendering import etag
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import to_json
from leadsync_sandbox.dynamics.writing import create, delete, update

_ETAG = re.compile(r'W/"\d+"')


def create_row(session: Session, request: Request, table: Table) -> Answer:
    """``POST /set``: 204 with the address, or 201 with the row."""
    body = _body(table, request)
    row_id = create(session, table, body, detect_duplicates=_detects(request))
    _remember(session, request, table, row_id)
    return _written(session, request, table, row_id, row_id, created=True)


def on_row(session: Session, request: Request, table: Table, key: str) -> Answer:
    """GET, PATCH or DELETE of one row."""
    address = parse_address(table, key)
    if request.method == "GET":
        return _read(session, request, address)
    if request.method == "PATCH":
        return _patch(session, request, address)
    if request.method == "DELETE":
        row = address.require(session)
        _require_match(request, row)
        delete(session, table, row)
        return empty_reply()
    raise unsupported()


def on_property(session: Session, request: Request, table: Table, key: str) -> Answer:
    """GET, PUT or DELETE of one property, or of a link behind it."""
    row = parse_address(table, key).require(session)
    segments = request.segments
    name = segments[1][0]
    if segments[-1][0] == "$ref":
        return _on_link(session, request, table, row)
    column = table.properties.get(name)
    if column is None:
        raise unknown_property(name, table.name)
    if request.method == "GET":
        value = to_json(column, row[column.name])
        if value is None:
            return empty_reply()
        if segments[-1][0] == "$value":
            plain = {"Content-Type": "text/plain", "OData-Version": "4.0"}
            return Answer(200, plain, str(value).encode())
        where = f"{session.root}$metadata#{table.entity_set}({row[table.primary_id]})/{name}"
        return json_reply({"@odata.context": where, "value": value})
    if request.method not in ("PUT", "DELETE"):
        raise unsupported()
    _require_match(request, row)
    value = _body(table, request).get("value") if request.method == "PUT" else None
    update(session, table, row, {name: value})
    return empty_reply()


def _read(session: Session, request: Request, address: Address) -> Answer:
    row = address.require(session)
    prefer = request.preferences
    known = request.headers.get("if-none-match", "null")
    plain = not prefer.annotations and "$expand" not in request.parameters
    if plain and known == etag(row):
        return Answer(304, {"OData-Version": "4.0", "ETag": etag(row)})
    content = read_row(session, address.table, row, request.parameters, prefer)
    return json_reply(content, headers={"ETag": etag(row), **prefer.applied})


def _patch(session: Session, request: Request, address: Address) -> Answer:
    table = address.table
    row = address.locate(session)
    body = _body(table, request)
    if row is not None:
        if request.headers.get("if-none-match") == "*":
            raise duplicate_row()
        _require_match(request, row)
        changes = {name: value for name, value in body.items() if name not in address.key}
        update(session, table, row, changes, detect_duplicates=_detects(request))
        row_id = row[table.primary_id]
    else:
        if "if-match" in request.headers:
            raise address.missing()
        key = {table.primary_id: address.row_id} if address.row_id else address.key
        row_id = create(session, table, body, key=key, detect_duplicates=_detects(request))
    _remember(session, request, table, row_id)
    return _written(session, request, table, row_id, address.text, created=row is None)


def _written(
    session: Session, request: Request, table: Table, row_id: str, shown: str, *, created: bool
) -> Answer:
    prefer = request.preferences
    where = session.address(table, shown)
    if not prefer.representation:
        return empty_reply({"Location": where, "OData-EntityId": where})
    parameters = dict(request.parameters)
    if not created:
        parameters.pop("$expand", None)  # ignored on an update (section 6.1)
    row = rows.require(session, table, row_id)
    content = read_row(session, table, row, parameters, prefer)
    headers = {"ETag": etag(row), "Location": where, **prefer.applied}
    return json_reply(content, 201 if created else 200, headers)


def _require_match(request: Request, row: Row) -> None:
    """Let a conditional write pass only on the version that the client knows.

    :raises ApiError: 412 ``0x80060882``.
    """
    wanted = request.headers.get("if-match", "*")
    if wanted == "*":
        return
    if not _ETAG.fullmatch(wanted):
        raise query_error(f"The If-Match header {wanted} is not an ETag of this service.")
    if wanted != etag(row):
        raise version_mismatch()


def _body(table: Table, request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("application/json"):
        raise ApiError(
            415, "0x80060888", f"The content type '{kind}' is not supported; send application/json."
        )
    return parse_json(table.entity_set, request.body)


def _detects(request: Request) -> bool:
    return request.headers.get("mscrm.suppressduplicatedetection", "").lower() == "false"


def _remember(session: Session, request: Request, table: Table, row_id: str) -> None:
    if "content-id" in request.headers:
        session.references[request.headers["content-id"]] = (table, row_id)


def _on_link(session: Session, request: Request, table: Table, row: Row) -> Answer:
    name, inner = request.segments[1]
    lookup = table.navigation.get(name)
    if lookup is not None and request.method == "DELETE":
        update(session, table, row, {f"{name}@odata.bind": None})
        return empty_reply()
    if lookup is not None and request.method == "PUT":
        link = _body(table, request).get("@odata.id")
        update(session, table, row, {f"{name}@odata.bind": link})
        return empty_reply()
    reached = find_collection(session.schema, table, name)
    if reached is None:
        raise unknown_property(name, table.name)
    child, column = reached
    navigation = column.target_navigation(table.name)
    if request.method == "POST":
        _, child_id = resolve_bind(session, str(_body(table, request).get("@odata.id")))
        link = f"/{table.entity_set}({row[table.primary_id]})"
    elif request.method == "DELETE" and inner:
        child_id, link = inner.lower(), None
    else:
        raise unsupported()
    update(
        session, child, rows.require(session, child, child_id), {f"{navigation}@odata.bind": link}
    )
    return empty_reply()
