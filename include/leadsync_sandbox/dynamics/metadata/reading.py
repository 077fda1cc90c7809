"""Reads of tables, columns, option sets, keys and relationships."""

from __future__ import annotations

import json
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.errors import ApiError, query_error, unknown_segment
from leadsync_sandbox.dynamics.exchange import Request, json_reply
from leadsync_sandbox.dynamics.metadata.selection import filtered, require_options, selected
from leadsync_sandbox.dynamics.metadata.shapes import (
    CRM,
    attribute_type,
    attributes_json,
    column_json,
    key_json,
    option_set_json,
    relationships_json,
    state_option_set_json,
    table_json,
)
from leadsync_sandbox.dynamics.query.options import parse_expands
from leadsync_sandbox.dynamics.schema import Column, Table
from leadsync_sandbox.dynamics.session import Session

Json = dict[str, Any]
Segments = list[tuple[str, str | None]]
_ATTRIBUTE = f"{CRM}.AttributeMetadata"
_BASE = "AttributeMetadata"
_SCALARS = {"EntityLogicalName"}


def read_metadata(session: Session, request: Request) -> Answer:
    """Answer ``GET EntityDefinitions...``."""
    require_options(request.parameters)
    segments = request.segments
    if segments[0][1] is None:
        return _listing(session, request, [table_json(t) for t in session.schema.tables.values()])
    table = find_table(session, segments[0][1])
    if len(segments) == 1:
        content = selected(
            table_json(table), request.parameters.get("$select"), f"{CRM}.EntityMetadata"
        )
        where = _context(session, "EntityDefinitions/$entity")
        return json_reply({"@odata.context": where, **content})
    name, key = segments[1]
    if name == "Attributes":
        return _attributes(session, request, table, key, segments[2:])
    if name == "Keys" and key is None:
        return _listing(session, request, [key_json(table, item) for item in table.keys])
    if name == "ManyToOneRelationships" and key is None:
        return _listing(session, request, list(relationships_json(table)))
    raise unknown_segment(name)


def find_table(session: Session, key: str) -> Table:
    """Return the table that ``LogicalName='x'`` or a metadata id names.

    :raises ApiError: 404 ``0x80040217``.
    """
    for table in session.schema.tables.values():
        if key.lower() in (table.metadata_id, f"logicalname='{table.name}'"):
            return table
    name = key.partition("'")[2].rstrip("'") or key
    raise ApiError(
        404,
        "0x80040217",
        f"Could not find an entity with name {name} and NameMappingType Logical.",
    )


def find_column(table: Table, key: str) -> Column:
    """Return the column that ``LogicalName='x'`` or a metadata id names.

    :raises ApiError: 404 ``0x80040217``.
    """
    for column in table.columns.values():
        if key.lower() in (column.metadata_id, f"logicalname='{column.name}'"):
            return column
    raise ApiError(404, "0x80040217", f"Could not find an attribute with specified key: {key}")


def retrieve_metadata_changes(session: Session, request: Request) -> Answer:
    """Answer ``RetrieveMetadataChanges(Query=@p1)`` for a query by logical names."""
    query = json.loads(request.parameters.get("@p1", "{}"))
    wanted = _criterion(query)
    columns = query.get("AttributeQuery") or {}
    only = _criterion(columns)
    names = (columns.get("Properties") or {}).get("PropertyNames")
    found = []
    for table in session.schema.tables.values():
        if wanted in (None, table.name):
            attributes = [
                _projected(_with_options(table, item), names)
                for item in attributes_json(table)
                if only in (None, item["LogicalName"])
            ]
            found.append({**table_json(table), "Attributes": attributes})
    return json_reply(
        {
            "@odata.context": _context(session, f"{CRM}.RetrieveMetadataChangesResponse"),
            "EntityMetadata": found,
            "ServerVersionStamp": f"{session.schema.version}!{session.timestamp}",
            "DeletedMetadata": None,
        }
    )


def _criterion(query: Json) -> str | None:
    for condition in (query.get("Criteria") or {}).get("Conditions", []):
        if condition.get("PropertyName") == "LogicalName":
            return str(condition["Value"]["Value"])
    return None


def _projected(item: Json, names: list[str] | None) -> Json:
    if names is None:
        return item
    return {k: v for k, v in item.items() if k in {"@odata.type", "MetadataId", *names}}


def _with_options(table: Table, item: Json) -> Json:
    column = table.columns.get(item["LogicalName"])
    if column is None or not (column.options or column.type == "Boolean"):
        return item
    return {**item, "OptionSet": _options(table, column)}


def _options(table: Table, column: Column) -> Json:
    make = state_option_set_json if column.type == "State" else option_set_json
    return make(table, column)


def _attributes(
    session: Session, request: Request, table: Table, key: str | None, rest: Segments
) -> Answer:
    cast = rest[0][0].removeprefix(f"{CRM}.") if rest else None
    if key is not None:
        return _one_attribute(session, request, table, find_column(table, key), rest)
    items = list(attributes_json(table))
    if cast is not None:
        _require_cast(cast)
        items = [item for item in items if item["@odata.type"] == f"#{CRM}.{cast}"]
    items = filtered(items, request.parameters.get("$filter"))
    shown = [_shown(request, table, item, cast) for item in items]
    return json_reply({"@odata.context": _context(session, "EntityDefinitions"), "value": shown})


def _one_attribute(
    session: Session, request: Request, table: Table, column: Column, rest: Segments
) -> Answer:
    cast = rest[0][0].removeprefix(f"{CRM}.") if rest else None
    if cast is not None:
        _require_cast(cast)
        if cast != attribute_type(column):
            raise query_error(f"The attribute '{column.name}' is no {cast}.", 404)
    if len(rest) > 1:
        if rest[1][0] not in ("OptionSet", "GlobalOptionSet"):
            raise unknown_segment(rest[1][0])
        content = _options(table, column)
        text = request.parameters.get("$select")
        return json_reply(selected(content, text, f"{CRM}.OptionSetMetadata"))
    shown = _shown(request, table, column_json(table, column), cast)
    return json_reply({"@odata.context": _context(session, "EntityDefinitions/$entity"), **shown})


def _require_cast(cast: str) -> None:
    if not cast.endswith("AttributeMetadata") or cast == "EnumAttributeMetadata":
        raise unknown_segment(cast)


def _shown(request: Request, table: Table, item: Json, cast: str | None) -> Json:
    select = request.parameters.get("$select")
    if cast is None and select is not None:
        shadow = {"AttributeOf", *_COMMON}
        for name in (part.strip() for part in select.split(",")):
            if name not in shadow:
                raise query_error(
                    f"Could not find a property named '{name}' on type '{_ATTRIBUTE}'."
                )
    content = selected(item, select, f"{CRM}.{cast or 'AttributeMetadata'}", _SCALARS)
    for expand in parse_expands(request.parameters.get("$expand")):
        content[expand.navigation] = _expanded(table, item, expand.navigation, expand.options, cast)
    return content


def _expanded(table: Table, item: Json, name: str, options: Any, cast: str | None) -> Json | None:
    column = table.columns.get(item["LogicalName"])
    if name not in ("OptionSet", "GlobalOptionSet") or cast is None:
        raise query_error(
            f"Could not find a property named '{name}' on type '{CRM}.{cast or _BASE}'."
        )
    if column is None or name == "GlobalOptionSet":
        return None
    return selected(_options(table, column), options.get("$select"), f"{CRM}.OptionSetMetadata")


def _listing(session: Session, request: Request, items: list[Json]) -> Answer:
    found = filtered(items, request.parameters.get("$filter"))
    select = request.parameters.get("$select")
    shown = [selected(item, select, f"{CRM}.EntityMetadata") for item in found]
    return json_reply({"@odata.context": _context(session, "EntityDefinitions"), "value": shown})


def _context(session: Session, what: str) -> str:
    return f"{session.root}$metadata#{what}"


_COMMON = (
    "LogicalName",
    "SchemaName",
    "EntityLogicalName",
    "AttributeType",
    "AttributeTypeName",
    "ColumnNumber",
    "IsPrimaryId",
    "IsPrimaryName",
    "IsLogical",
    "IsValidODataAttribute",
    "SourceType",
    "Description",
    "HasChanged",
    "IsValidForCreate",
    "IsValidForRead",
    "IsValidForUpdate",
    "IsCustomAttribute",
    "IsSecured",
    "RequiredLevel",
    "DisplayName",
    "MetadataId",
)
