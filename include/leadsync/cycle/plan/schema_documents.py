"""Schemas as JSON documents in the state store, and back."""

from __future__ import annotations

from collections.abc import Mapping

from leadsync.model import DynamicsColumn, DynamicsTable, Json, MarketoField, OptionValue


def fields_to_json(fields: Mapping[str, MarketoField]) -> Json:
    """Return Marketo fields as a document by REST name."""
    return {name: _as_json(field) for name, field in fields.items()}


def table_to_json(table: DynamicsTable) -> Json:
    """Return a Dynamics table with its columns as a document."""
    columns = {name: _column_to_json(column) for name, column in table.columns.items()}
    return {**_as_json(table), "columns": columns, "keys": list(table.keys)}


def fields_from_json(document: Json) -> dict[str, MarketoField]:
    """Read Marketo fields by REST name."""
    return {name: MarketoField(**field) for name, field in document.items()}


def table_from_json(document: Json) -> DynamicsTable:
    """Read a Dynamics table with its columns."""
    columns = {name: _column_from_json(column) for name, column in document["columns"].items()}
    return DynamicsTable(**{**document, "columns": columns, "keys": tuple(document["keys"])})


def _column_to_json(column: DynamicsColumn) -> Json:
    options = [_as_json(option) for option in column.options]
    return {**_as_json(column), "options": options, "targets": list(column.targets)}


def _as_json(shape: MarketoField | DynamicsColumn | DynamicsTable | OptionValue) -> Json:
    """Return the attributes as they are; ``asdict`` would copy whatever is inside, slowly."""
    return {name: getattr(shape, name) for name in shape.__slots__}


def _column_from_json(document: Json) -> DynamicsColumn:
    return DynamicsColumn(
        **{
            **document,
            "options": tuple(OptionValue(**option) for option in document["options"]),
            "targets": tuple(document["targets"]),
        }
    )
