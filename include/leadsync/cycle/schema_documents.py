"""Schemas as JSON documents in the state store, and back."""

from __future__ import annotations

from leadsync.model import DynamicsColumn, DynamicsTable, Json, MarketoField, OptionValue


def fields_from_json(document: Json) -> dict[str, MarketoField]:
    """Read Marketo fields by REST name."""
    return {name: MarketoField(**field) for name, field in document.items()}


def table_from_json(document: Json) -> DynamicsTable:
    """Read a Dynamics table with its columns."""
    columns = {name: _column_from_json(column) for name, column in document["columns"].items()}
    return DynamicsTable(**{**document, "columns": columns, "keys": tuple(document["keys"])})


def _column_from_json(document: Json) -> DynamicsColumn:
    return DynamicsColumn(
        **{
            **document,
            "options": tuple(OptionValue(**option) for option in document["options"]),
            "targets": tuple(document["targets"]),
        }
    )
