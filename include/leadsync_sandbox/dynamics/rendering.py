"""Rows as JSON objects, with annotations before their property (reference 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.preferences import Preferences
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import CHOICE_TYPES, Column, Table
from leadsync_sandbox.dynamics.security import hidden_columns
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import to_json

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE = "Microsoft.Dynamics.CRM.lookuplogicalname"
LOOKUP_NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"
_CHUNK = 900


def etag(row: Row) -> str:
    """Return the ETag of a row: its version."""
    return f'W/"{row["versionnumber"]}"'


class Renderer:
    """Renders rows of one table with one selection."""

    def __init__(
        self,
        session: Session,
        table: Table,
        select: Sequence[Column] | None,
        preferences: Preferences,
    ) -> None:
        self._session = session
        self._table = table
        chosen = select if select is not None else tuple(table.properties.values())
        self._columns = [column for column in chosen if column.read]
        self._hidden = hidden_columns(session, table)
        self._preferences = preferences
        self._names: dict[tuple[str, str], str] = {}
        self._plain = [
            (column.property_name, column.name, column.type == "Boolean")
            for column in self._columns
        ]

    def rows(self, found: Iterable[Row]) -> list[dict[str, Any]]:
        """Return the JSON objects of rows."""
        listed = list(found)
        if not self._preferences.annotations:
            return [self._bare(row) for row in listed]
        self._load_names(listed)
        return [self._annotated(row) for row in listed]

    def _bare(self, row: Row) -> dict[str, Any]:
        content: dict[str, Any] = {"@odata.etag": f'W/"{row["versionnumber"]}"'}
        for shown, name, is_boolean in self._plain:
            value = row[name]
            content[shown] = bool(value) if is_boolean and value is not None else value
        for name in self._hidden:
            property_name = self._table.columns[name].property_name
            if property_name in content:
                content[property_name] = None
        return content

    def _annotated(self, row: Row) -> dict[str, Any]:
        content: dict[str, Any] = {"@odata.etag": etag(row)}
        for column in self._columns:
            value = None if column.name in self._hidden else to_json(column, row[column.name])
            shown = column.property_name
            if value is not None:
                for annotation, text in self._annotations(column, row, value):
                    content[f"{shown}@{annotation}"] = text
            content[shown] = value
        return content

    def _annotations(self, column: Column, row: Row, value: Any) -> Iterable[tuple[str, str]]:
        text = self._formatted(column, row, value)
        if text is not None and self._preferences.wants(FORMATTED):
            yield FORMATTED, text
        if column.is_lookup:
            target = lookup_target(column, row)
            if self._preferences.wants(LOOKUP_NAVIGATION):
                yield LOOKUP_NAVIGATION, column.target_navigation(target)
            if self._preferences.wants(LOOKUP_TABLE):
                yield LOOKUP_TABLE, target

    def _formatted(self, column: Column, row: Row, value: Any) -> str | None:
        if column.is_lookup:
            return self._names.get((lookup_target(column, row), value))
        if column.type == "MultiSelectPicklist":
            labels = (column.label(int(code)) or code for code in str(value).split(","))
            return "; ".join(labels)
        if column.type in CHOICE_TYPES:
            return column.label(value)
        return _FORMATS[column.type](value) if column.type in _FORMATS else None

    def _load_names(self, listed: list[Row]) -> None:
        wanted: dict[str, set[str]] = {}
        for column in self._columns:
            if column.is_lookup:
                for row in listed:
                    if row[column.name] is not None:
                        wanted.setdefault(lookup_target(column, row), set()).add(row[column.name])
        for name, ids in wanted.items():
            target = self._session.schema.tables.get(name)
            if target is not None and target.primary_name:
                self._names.update(_names(self._session, target, sorted(ids)))


def lookup_target(column: Column, row: Row) -> str:
    """Return the table that a lookup value points to."""
    if column.is_polymorphic:
        return str(row[column.type_storage])
    return column.targets[0]


def _names(session: Session, table: Table, ids: list[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        sql = (
            f"SELECT {quoted(table.primary_id)}, {quoted(table.primary_name or table.primary_id)} "
            f"FROM {quoted(table.name)} WHERE {quoted(table.primary_id)} "
            f"IN ({', '.join('?' * len(chunk))})"
        )
        for row_id, name in session.database.rows(sql, chunk):
            if name is not None:
                found[table.name, row_id] = name
    return found


def _moment(value: str) -> str:
    if "T" not in value:
        day = datetime.fromisoformat(value)
        return f"{day.month}/{day.day}/{day.year}"
    moment = datetime.fromisoformat(value)
    hour = moment.hour % 12 or 12
    half = "PM" if moment.hour >= 12 else "AM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment.minute:02} {half}"


_FORMATS: dict[str, Callable[[Any], str]] = {
    "Boolean": lambda value: "Yes" if value else "No",
    "DateTime": _moment,
    "Money": lambda value: f"${value:,.2f}",
    "Integer": lambda value: f"{value:,}",
    "BigInt": lambda value: f"{value:,}",
    "Decimal": lambda value: f"{value:,.2f}",
    "Double": lambda value: f"{value:,.2f}",
}
