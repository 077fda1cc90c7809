"""Stored rows for tests and demonstrations, past all permissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.common.sandbox import ControlError
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.rendering import etag
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Column
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import to_json

Json = dict[str, Any]


def stored_records(session: Session, kind: str, query: Mapping[str, str]) -> list[Json]:
    """Return all rows of a table, by logical or set name, in order of their last change.

    :param query: ``select`` limits the properties, ``id`` the rows; kind ``tombstones`` lists
        deletions, kind ``<table>-columns`` the columns of a table.
    :raises ControlError: there is no such table or property.
    """
    if kind == "tombstones":
        sql = "SELECT table_name, id, version, deleted_at FROM tombstone ORDER BY version"
        return [dict(row) for row in session.database.rows(sql)]
    name = kind.removesuffix("-columns")
    table = session.schema.tables.get(name) or session.schema.by_set.get(name)
    if table is not None and name != kind:
        return [{"name": c.name, "type": c.type} for c in table.columns.values()]
    if table is None:
        raise ControlError(f"There is no table {kind!r}.")
    columns = list(table.properties.values())
    if "select" in query:
        names = [table.primary_id, *query["select"].split(",")]
        unknown = set(names) - set(table.properties)
        if unknown:
            raise ControlError(f"{table.name} has no {', '.join(sorted(unknown))}.")
        columns = [table.properties[name] for name in dict.fromkeys(names)]
    where, parameters = "", []
    if "id" in query:
        where, parameters = f"WHERE {quoted(table.primary_id)} = ?", [query["id"].lower()]
    sql = f"SELECT * FROM {quoted(table.name)} {where} ORDER BY versionnumber"
    return [_shown(columns, dict(row)) for row in session.database.rows(sql, parameters)]


def _shown(columns: list[Column], row: Row) -> Json:
    content: Json = {"@odata.etag": etag(row)}
    for column in columns:
        content[column.property_name] = to_json(column, row[column.name])
        if column.is_polymorphic:
            content[f"{column.property_name}@table"] = row[column.type_storage]
    return content
