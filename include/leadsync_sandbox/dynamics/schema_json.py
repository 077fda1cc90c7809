"""Stored form of table definitions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from leadsync_sandbox.dynamics.schema import Column, Key, Option, Table


def table_to_json(table: Table) -> dict[str, Any]:
    """Return ``table`` as JSON data; columns carry only what differs from the defaults."""
    return {
        "name": table.name,
        "schema_name": table.schema_name,
        "entity_set": table.entity_set,
        "primary_id": table.primary_id,
        "primary_name": table.primary_name,
        "object_type_code": table.object_type_code,
        "display_name": table.display_name,
        "change_tracking": table.change_tracking,
        "metadata_id": table.metadata_id,
        "columns": [_column_to_json(column) for column in table.columns.values()],
        "keys": [asdict(key) for key in table.keys],
    }


def table_from_json(data: dict[str, Any]) -> Table:
    """Rebuild a table from :func:`table_to_json`."""
    columns = [column_from_json(item) for item in data.pop("columns")]
    keys = tuple(Key(**{**item, "columns": tuple(item["columns"])}) for item in data.pop("keys"))
    return Table(**data, columns={column.name: column for column in columns}, keys=keys)


def column_from_json(data: dict[str, Any]) -> Column:
    """Rebuild a column from its stored form."""
    return Column(
        **{
            **data,
            "options": tuple(Option(*option) for option in data.get("options", ())),
            "targets": tuple(data.get("targets", ())),
        }
    )


def _column_to_json(column: Column) -> dict[str, Any]:
    data = asdict(column)
    data["options"] = [[o.value, o.label, o.state] for o in column.options]
    return data
