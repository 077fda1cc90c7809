"""Customising: columns and alternate keys made, changed and removed (section 19, 6.2)."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.catalogue import default_navigation, stable_id
from leadsync_sandbox.dynamics.errors import ApiError, query_error, unknown_segment, unsupported
from leadsync_sandbox.dynamics.exchange import Request, empty_reply
from leadsync_sandbox.dynamics.layout import (
    add_column,
    add_index,
    advance,
    drop_column,
    drop_index,
    quoted,
    save_table,
)
from leadsync_sandbox.dynamics.metadata.reading import find_column, find_table
from leadsync_sandbox.dynamics.payload import parse_json
from leadsync_sandbox.dynamics.schema import Column, Key, Option, Table
from leadsync_sandbox.dynamics.session import Session

Json = dict[str, Any]
_CUSTOM_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}_\w{1,91}")
_KEY_TYPES = ("String", "Integer", "Decimal", "DateTime", "Lookup", "Picklist")
_KEY_LIMIT = 10
_TYPES: dict[str, Json] = {
    "String": {"length": 100},
    "Memo": {"length": 2000},
    "Integer": {"minimum": -2_147_483_648, "maximum": 2_147_483_647},
    "Decimal": {"minimum": -100_000_000_000, "maximum": 100_000_000_000, "precision": 2},
    "Double": {"minimum": 0, "maximum": 1_000_000_000, "precision": 2},
    "Money": {"minimum": 0, "maximum": 922_337_203_685_477, "precision": 2},
    "DateTime": {"behavior": "UserLocal", "format": "DateAndTime"},
    "Boolean": {"default": False},
    "Picklist": {},
    "MultiSelectPicklist": {},
    "Lookup": {},
}


def change_metadata(session: Session, request: Request) -> Answer:
    """Answer POST, PUT and DELETE below ``EntityDefinitions(...)``."""
    segments = request.segments
    if len(segments) < 2 or segments[0][1] is None:
        raise unsupported()
    table = find_table(session, segments[0][1])
    name, key = segments[1]
    if name == "Attributes":
        return _change_column(session, request, table, key)
    if name == "Keys":
        return _change_key(session, request, table, key)
    raise unknown_segment(name)


def _change_column(session: Session, request: Request, table: Table, key: str | None) -> Answer:
    if request.method == "POST" and key is None:
        column = column_from_json(table, parse_json(table.entity_set, request.body))
        insert_column(session, table, column)
        where = f"EntityDefinitions({table.metadata_id})/Attributes({column.metadata_id})"
        return empty_reply({"OData-EntityId": f"{session.root}{where}"})
    if key is None or request.method not in ("PUT", "DELETE"):
        raise unsupported()
    column = find_column(table, key)
    if request.method == "PUT":
        changed = _changed(column, parse_json(table.entity_set, request.body))
        replace_column(session, table, changed)
        return empty_reply()
    if not column.custom:
        raise ApiError(400, "0x8004f01f", f"The system column '{column.name}' cannot be deleted.")
    remove_column(session, table, column)
    return empty_reply()


def insert_column(session: Session, table: Table, column: Column) -> None:
    """Add a column to a table.

    :raises ApiError: 400 when the table has it already.
    """
    if column.name in table.columns:
        raise ApiError(
            400,
            "0x80047013",
            f"An attribute with the specified name {column.name} already exists.",
        )
    add_column(session.database, table, column)
    _saved(session, table.with_column(column))


def replace_column(session: Session, table: Table, column: Column) -> None:
    """Store a changed definition of an existing column."""
    _saved(session, table.with_column(column))


def remove_column(session: Session, table: Table, column: Column) -> None:
    """Remove a column with its values and keys."""
    drop_column(session.database, table, column)
    _saved(session, table.without_column(column.name))


def column_from_json(table: Table, body: Json) -> Column:
    """Build a custom column from the body of ``POST .../Attributes``.

    :raises ApiError: 400 for a name without publisher prefix or an unknown type.
    """
    type_ = str(body.get("@odata.type", "")).rpartition(".")[2].removesuffix("AttributeMetadata")
    schema_name = str(body.get("SchemaName", ""))
    if type_ not in _TYPES:
        raise query_error(f"The type '{body.get('@odata.type')}' cannot be created.")
    if not _CUSTOM_NAME.fullmatch(schema_name):
        raise ApiError(
            400,
            "0x8004f01f",
            f"The schema name '{schema_name}' does not start with a publisher's prefix and an "
            "underscore.",
        )
    name = schema_name.lower()
    base = Column(
        name=name,
        schema_name=schema_name,
        display_name=_label_text(body.get("DisplayName")) or schema_name,
        type=type_,
        custom=True,
        metadata_id=stable_id("column", table.name, name, str(uuid.uuid4())),
    )
    targets = tuple(body.get("Targets", ()))
    navigation = default_navigation(schema_name, type_, targets)
    typed: Json = dict(_TYPES[type_])
    return _changed(replace(base, **typed, targets=targets, navigation=navigation), body)


def _changed(column: Column, body: Json) -> Column:
    """Return the column with what a metadata body says of it."""
    named = {
        "length": body.get("MaxLength"),
        "minimum": body.get("MinValue"),
        "maximum": body.get("MaxValue"),
        "precision": body.get("Precision"),
        "default": body.get("DefaultValue", _form_default(body)),
        "behavior": (body.get("DateTimeBehavior") or {}).get("Value"),
        "format": (body.get("FormatName") or {}).get("Value", body.get("Format")),
        "required": (body.get("RequiredLevel") or {}).get("Value"),
        "display_name": _label_text(body.get("DisplayName")),
        "secured": body.get("IsSecured"),
    }
    options = _options(body.get("OptionSet") or {})
    changes: Json = {name: value for name, value in named.items() if value is not None}
    return replace(column, **changes, options=options or column.options)


def _form_default(body: Json) -> int | None:
    value = body.get("DefaultFormValue")
    return None if value in (None, -1) else int(str(value))


def _options(option_set: Json) -> tuple[Option, ...]:
    if "TrueOption" in option_set:
        listed = [option_set["FalseOption"], option_set["TrueOption"]]
        return tuple(Option(at, _label_text(o.get("Label")) or "") for at, o in enumerate(listed))
    return tuple(
        Option(int(option["Value"]), _label_text(option.get("Label")) or "", option.get("State"))
        for option in option_set.get("Options", [])
    )


def _label_text(content: Json | None) -> str | None:
    labels = (content or {}).get("LocalizedLabels") or []
    return str(labels[0]["Label"]) if labels else None


def _change_key(session: Session, request: Request, table: Table, key: str | None) -> Answer:
    if request.method == "POST" and key is None:
        made = create_key(session, table, parse_json(table.entity_set, request.body))
        where = f"EntityDefinitions({table.metadata_id})/Keys({made.metadata_id})"
        return empty_reply({"OData-EntityId": f"{session.root}{where}"})
    found = [k for k in table.keys if key in (k.metadata_id, f"LogicalName='{k.name}'")]
    if request.method != "DELETE" or not found:
        raise unsupported()
    drop_index(session.database, table.name, found[0].columns)
    _saved(session, replace_keys(table, tuple(k for k in table.keys if k not in found)))
    return empty_reply()


def create_key(session: Session, table: Table, body: Json) -> Key:
    """Define an alternate key from the body of ``POST .../Keys``.

    Values that are there twice leave the key unusable with status ``Failed``.

    :raises ApiError: 400 for a bad name or columns that cannot be in a key.
    """
    made = _key_from_json(session, table, body)
    listed = ", ".join(quoted(name) for name in made.columns)
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in made.columns)
    twice = session.database.value(
        f"SELECT 1 FROM {quoted(table.name)} WHERE {present} GROUP BY {listed} HAVING count(*) > 1"
    )
    if twice is not None:
        made = replace(made, status="Failed")
    add_index(session.database, table.name, made.columns)
    _saved(session, replace_keys(table, (*table.keys, made)))
    return made


def replace_keys(table: Table, keys: tuple[Key, ...]) -> Table:
    """Return the table with other alternate keys."""
    return replace(table, keys=keys)


def activate_keys(session: Session) -> None:
    """Finish the index of every pending key, as the system job does some time later."""
    for table in list(session.schema.tables.values()):
        if any(key.status == "Pending" for key in table.keys):
            keys = tuple(
                replace(key, status="Active") if key.status == "Pending" else key
                for key in table.keys
            )
            _saved(session, replace_keys(table, keys))


def _key_from_json(session: Session, table: Table, body: Json) -> Key:
    schema_name = str(body.get("SchemaName", ""))
    columns = tuple(body.get("KeyAttributes") or ())
    if not _CUSTOM_NAME.fullmatch(schema_name) or not columns or len(table.keys) >= _KEY_LIMIT:
        raise ApiError(400, "0x8004f01f", f"The alternate key '{schema_name}' cannot be created.")
    for name in columns:
        column = table.columns.get(name)
        if column is None or column.type not in _KEY_TYPES or column.secured:
            raise ApiError(
                400, "0x80060890", f"The attribute '{name}' cannot be part of an alternate key."
            )
    if schema_name.lower() in {key.name for key in table.keys}:
        raise ApiError(
            400, "0x80060890", f"An alternate key with the name {schema_name} already exists."
        )
    return Key(
        name=schema_name.lower(),
        schema_name=schema_name,
        display_name=_label_text(body.get("DisplayName")) or schema_name,
        columns=columns,
        metadata_id=str(uuid.uuid4()),
        status="Pending" if session.settings["key_index_pending"] else "Active",
    )


def _saved(session: Session, table: Table) -> None:
    save_table(session.database, table)
    name = f"schema changed: {table.name}"
    session.database.run(
        "INSERT OR REPLACE INTO counter VALUES (?, ?)", (name, advance(session.database, "row"))
    )
    session.refresh_schema()
