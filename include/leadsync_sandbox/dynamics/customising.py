"""Changes to the schema that a customiser makes in the maker portal, through control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from leadsync_sandbox.common.sandbox import ControlError
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.metadata.changing import (
    activate_keys,
    column_from_json,
    create_key,
    insert_column,
    remove_column,
    replace_column,
)
from leadsync_sandbox.dynamics.metadata.shapes import label
from leadsync_sandbox.dynamics.schema import Column, Option, Table
from leadsync_sandbox.dynamics.session import Session

Json = dict[str, Any]
_CHANGEABLE = (
    "length",
    "required",
    "minimum",
    "maximum",
    "precision",
    "default",
    "display_name",
    "secured",
)


def _column(table: Table, edit: Json) -> Column:
    column = table.columns.get(str(edit["column"]))
    if column is None:
        raise ControlError(f"The table {table.name} has no column {edit['column']!r}.")
    return column


def _told(column: Column) -> Json:
    return {"id": column.metadata_id, "column": column.name}


def _definition(edit: Json) -> Json:
    """Return the metadata body of a new column."""
    body: Json = {
        "@odata.type": f"Microsoft.Dynamics.CRM.{edit['type']}AttributeMetadata",
        "SchemaName": edit.get("schema_name", edit["column"]),
        "DisplayName": label(edit.get("display_name", edit["column"])),
        "MaxLength": edit.get("length"),
        "MinValue": edit.get("minimum"),
        "MaxValue": edit.get("maximum"),
        "DefaultValue": edit.get("default"),
        "Targets": edit.get("targets", []),
    }
    options = [{"Value": value, "Label": label(text)} for value, text in edit.get("options", [])]
    return {**body, "OptionSet": {"Options": options}}


def _add_column(session: Session, table: Table, edit: Json) -> Json:
    column = column_from_json(table, _definition(edit))
    insert_column(session, table, column)
    return _told(column)


def _drop_column(session: Session, table: Table, edit: Json) -> Json:
    column = _column(table, edit)
    remove_column(session, table, column)
    return _told(column)


def _rename_column(session: Session, table: Table, edit: Json) -> Json:
    """Replace a column by one of another name, values kept; its keys go."""
    column = _column(table, edit)
    renamed = replace(column, name=str(edit["to"]).lower(), schema_name=str(edit["to"]))
    insert_column(session, table, renamed)
    session.database.run(
        f"UPDATE {quoted(table.name)} SET {quoted(renamed.name)} = {quoted(column.name)}"
    )
    remove_column(session, session.table(table.name), column)
    return _told(renamed)


def _retype_column(session: Session, table: Table, edit: Json) -> Json:
    """Replace a column by an empty one of another type; its keys go."""
    column = _column(table, edit)
    remove_column(session, table, column)
    options = tuple(Option(value, text) for value, text in edit.get("options", []))
    retyped = replace(
        column, type=str(edit["type"]), length=edit.get("length"), options=options, default=None
    )
    insert_column(session, session.table(table.name), retyped)
    return _told(retyped)


def _change_column(session: Session, table: Table, edit: Json) -> Json:
    column = _column(table, edit)
    changes = {name: edit[name] for name in _CHANGEABLE if name in edit}
    replace_column(session, table, replace(column, **changes))
    return _told(column)


def _add_option(session: Session, table: Table, edit: Json) -> Json:
    column = _column(table, edit)
    option = Option(int(edit["value"]), str(edit["label"]), edit.get("state"))
    if column.label(option.value) is not None:
        raise ControlError(f"{table.name}.{column.name} has an option {option.value} already.")
    return _with_options(session, table, column, (*column.options, option))


def _rename_option(session: Session, table: Table, edit: Json) -> Json:
    column, value = _column(table, edit), int(edit["value"])
    if column.label(value) is None:
        raise ControlError(f"{table.name}.{column.name} has no option {value}.")
    options = (
        replace(option, label=str(edit["label"])) if option.value == value else option
        for option in column.options
    )
    return _with_options(session, table, column, tuple(options))


def _remove_option(session: Session, table: Table, edit: Json) -> Json:
    column, value = _column(table, edit), int(edit["value"])
    kept = tuple(option for option in column.options if option.value != value)
    return _with_options(session, table, column, kept)


def _with_options(
    session: Session, table: Table, column: Column, options: tuple[Option, ...]
) -> Json:
    replace_column(session, table, replace(column, options=options))
    return _told(column)


def _add_key(session: Session, table: Table, edit: Json) -> Json:
    name = edit["schema_name"]
    body = {
        "SchemaName": name,
        "KeyAttributes": edit["columns"],
        "DisplayName": label(edit.get("display_name", name)),
    }
    key = create_key(session, table, body)
    return {"id": key.metadata_id, "key": key.name}


def _activate_keys(session: Session, table: Table, edit: Json) -> Json:  # noqa: ARG001
    activate_keys(session)
    return {"id": table.metadata_id}


SCHEMA_EDITS: dict[str, Callable[[Session, Table, Json], Json]] = {
    "add_column": _add_column,
    "drop_column": _drop_column,
    "rename_column": _rename_column,
    "retype_column": _retype_column,
    "change_column": _change_column,
    "add_option": _add_option,
    "rename_option": _rename_option,
    "remove_option": _remove_option,
    "add_key": _add_key,
    "activate_keys": _activate_keys,
}
