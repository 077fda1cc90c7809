"""Create, update and delete one row: the write pipeline (reference/dataverse-webapi.md 23 item 4).

Names and types are checked and binds resolved by :mod:`.payload`; here follow: columns that
cannot be written are dropped, empty text becomes null, values are checked, defaults and computed
columns filled in, plug-ins run, uniqueness checked, and the row stored with a new version.
"""

from __future__ import annotations

import uuid
from typing import Any

from leadsync_sandbox.dynamics import rows, states
from leadsync_sandbox.dynamics.checks import checked
from leadsync_sandbox.dynamics.computed import compute
from leadsync_sandbox.dynamics.errors import ApiError, duplicate_row, unsupported
from leadsync_sandbox.dynamics.hooks import run_plugins
from leadsync_sandbox.dynamics.payload import lookup_values, read_payload
from leadsync_sandbox.dynamics.removal import remove
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.security import require_columns, require_privilege
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.uniqueness import require_no_duplicate, require_unique_keys

_READ_ONLY_TABLES = frozenset({"organization", "sdkmessage", "sdkmessagefilter"})


def create(
    session: Session,
    table: Table,
    body: dict[str, Any],
    *,
    key: Row | None = None,
    detect_duplicates: bool = False,
) -> str:
    """Create a row and return its id.

    :param key: primary or alternate key values from the URL; the body's own values win.
    :raises ApiError: 412 ``0x80040237`` when the client's id is taken, and whatever a check says.
    """
    _writable(session, table, "Create")
    values = {**(key or {}), **_written(session, table, body, "create")}
    row_id = values.setdefault(table.primary_id, str(uuid.uuid4()))
    if rows.exists(session, table, row_id):
        raise duplicate_row()
    require_columns(session, table, values, "create")
    _stamp_new(session, table, values)
    states.settle_on_create(table, values, row_id)
    _finish(session, table, "create", {}, values)
    if detect_duplicates:
        require_no_duplicate(session, table, values)
    rows.insert(session, table, values)
    return str(row_id)


def update(
    session: Session,
    table: Table,
    current: Row,
    body: dict[str, Any],
    *,
    detect_duplicates: bool = False,
) -> None:
    """Change the columns of ``body`` on the row ``current``."""
    _writable(session, table, "Write")
    values = _written(session, table, body, "update")
    row_id = current[table.primary_id]
    values.pop(table.primary_id, None)
    require_columns(session, table, values, "update")
    if values.get("ownerid", current.get("ownerid")) != current.get("ownerid"):
        require_privilege(session, table, "Assign")
    states.settle_on_update(table, current, values, row_id)
    steps = _internal_updates(values)
    _finish(session, table, "update", current, values)
    values["modifiedon"], values["modifiedby"] = session.timestamp, session.user_id
    if detect_duplicates:
        require_no_duplicate(session, table, {**current, **values})
    rows.update(session, table, row_id, values, steps)


def delete(session: Session, table: Table, current: Row) -> None:
    """Delete a row and what cascades.

    :raises ApiError: 405 ``0x80040227`` when an association forbids it.
    """
    _writable(session, table, "Delete")
    remove(session, table, current)


def _writable(session: Session, table: Table, verb: str) -> None:
    if table.name in _READ_ONLY_TABLES:
        raise unsupported()
    require_privilege(session, table, verb)


def _written(session: Session, table: Table, body: dict[str, Any], message: str) -> Row:
    payload = read_payload(session, table, body)
    if payload.nested:
        payload.values.update(_create_nested(session, table, payload.nested, message))
    return {
        name: _checked(table, name, value)
        for name, value in payload.values.items()
        if _is_writable(table, name, message)
    }


def _checked(table: Table, name: str, value: Any) -> Any:
    column = table.columns.get(name)
    return value if column is None else checked(table, column, None if value == "" else value)


def _is_writable(table: Table, name: str, message: str) -> bool:
    column = table.columns.get(name.removesuffix("$type"))
    if column is None or column.is_stamped:
        return False
    return column.create if message == "create" else column.update


def _create_nested(
    session: Session, table: Table, nested: dict[str, dict[str, Any]], message: str
) -> Row:
    if message != "create":
        raise unsupported()
    values: Row = {}
    for navigation, body in nested.items():
        column = table.navigation[navigation]
        target = session.schema.tables.get(column.navigation[navigation])
        if target is None:
            raise unsupported()
        values.update(lookup_values(column, target.name, create(session, target, body)))
    return values


def _stamp_new(session: Session, table: Table, values: Row) -> None:
    for name, value in table.defaults.items():
        if values.get(name) is None:
            values[name] = int(value)
    now = session.timestamp
    past = values.get("overriddencreatedon")
    if past is not None and past > now:
        raise ApiError(400, "0x80040203", "overriddencreatedon cannot be in the future.")
    created = past or now
    if past is not None:
        values["overriddencreatedon"] = now
    values.update(createdon=created, modifiedon=created)
    values.update(createdby=session.user_id, modifiedby=session.user_id)
    if table.has_owner and values.get("ownerid") is None:
        values.update(lookup_values(table.columns["ownerid"], "systemuser", session.user_id))


def _finish(session: Session, table: Table, message: str, current: Row, values: Row) -> None:
    for name, value in run_plugins(session, table, message, current, values).items():
        values[name] = _checked(table, name, value)
    compute(session, table, current, values)
    for name in values.keys() - table.storage_names:
        del values[name]
    if table.keys:
        require_unique_keys(session, table, {**current, **values}, values)


def _internal_updates(values: Row) -> int:
    """Owner and state are written by updates of their own (section 7)."""
    special = {"ownerid", "ownerid$type", "statecode", "statuscode"}
    owner = "ownerid" in values
    state = bool({"statecode", "statuscode"} & set(values))
    return max(1, int(owner) + int(state) + int(bool(set(values) - special)))
