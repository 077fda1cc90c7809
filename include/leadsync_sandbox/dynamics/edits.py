"""What a user does in the Dynamics UI, or a customiser to the schema, through control.

A record edit is ``{operation, table, id, fields, as_user}`` with ``fields`` in Web API form;
``as_user`` is a ``systemuserid`` and defaults to the administrator. Operations: ``create``,
``update``, ``delete``, ``deactivate``, ``activate``, ``assign`` (``owner``: ``/systemusers(id)``),
``qualify`` (``account``, ``contact``, ``opportunity``, ``status``), ``merge`` (``into``,
``fields``), ``restore``. Schema edits name ``table`` and ``column``: ``add_column`` (``type``,
``schema_name``, ``display_name``, ...), ``drop_column``, ``rename_column`` (``to``),
``retype_column`` (``type``), ``change_column`` (``length``, ``required``, ...), ``add_option``
(``value``, ``label``, ``state``), ``rename_option``, ``remove_option``, ``add_key`` (``columns``,
``schema_name``), ``activate_keys``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadsync_sandbox.common.sandbox import ControlError
from leadsync_sandbox.dynamics import customising, rows
from leadsync_sandbox.dynamics.actions.merge import merge
from leadsync_sandbox.dynamics.actions.qualify import Wanted, qualify
from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.rendering import etag
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.writing import create, delete, update

Json = dict[str, Any]
Operation = Callable[[Session, Table, Json], Json]
_CLOSED_STATE = {"lead": 2}


def apply_edit(session: Session, edit: Json) -> Json:
    """Apply one edit and return ``{"id", "etag", ...}``.

    :raises ControlError: the edit is unknown, or the service refuses it.
    """
    name = str(edit.get("operation"))
    operation = {**_RECORD_EDITS, **customising.SCHEMA_EDITS}.get(name)
    if operation is None:
        known = ", ".join(sorted({**_RECORD_EDITS, **customising.SCHEMA_EDITS}))
        raise ControlError(f"There is no edit {name!r}; known are {known}.")
    table = _table(session, str(edit.get("table", "lead")))
    session.user_id = edit.get("as_user", session.user_id)
    try:
        return operation(session, table, edit)
    except ApiError as problem:
        raise ControlError(f"The edit {name} of {table.name} was refused: {problem}") from problem


def _table(session: Session, name: str) -> Table:
    table = session.schema.tables.get(name) or session.schema.by_set.get(name)
    if table is None:
        raise ControlError(f"There is no table {name!r}.")
    return table


def _told(session: Session, table: Table, row_id: str, **more: Any) -> Json:
    row = rows.find(session, table, row_id)
    return {"id": row_id, "etag": etag(row) if row else None, **more}


def _row(session: Session, table: Table, edit: Json) -> Row:
    return rows.require(session, table, str(edit["id"]).lower())


def _create(session: Session, table: Table, edit: Json) -> Json:
    fields = dict(edit.get("fields", {}))
    if "id" in edit:
        fields[table.primary_id] = edit["id"]
    state = {name: fields.pop(name) for name in ("statecode", "statuscode") if name in fields}
    row_id = create(session, table, fields)
    if state:
        update(session, table, rows.require(session, table, row_id), state)
    return _told(session, table, row_id)


def _update(session: Session, table: Table, edit: Json) -> Json:
    row = _row(session, table, edit)
    update(session, table, row, edit["fields"])
    return _told(session, table, row[table.primary_id])


def _delete(session: Session, table: Table, edit: Json) -> Json:
    row = _row(session, table, edit)
    delete(session, table, row)
    return {"id": row[table.primary_id], "etag": None}


def _deactivate(session: Session, table: Table, edit: Json) -> Json:
    fields: Json = {"isdisabled": True}
    if table.name != "systemuser":
        fields = {"statecode": _CLOSED_STATE.get(table.name, 1)}
    return _update(session, table, {**edit, "fields": {**fields, **edit.get("fields", {})}})


def _activate(session: Session, table: Table, edit: Json) -> Json:
    fields: Json = {"isdisabled": False} if table.name == "systemuser" else {"statecode": 0}
    return _update(session, table, {**edit, "fields": {**fields, **edit.get("fields", {})}})


def _assign(session: Session, table: Table, edit: Json) -> Json:
    return _update(session, table, {**edit, "fields": {"ownerid@odata.bind": edit["owner"]}})


def _qualify(session: Session, table: Table, edit: Json) -> Json:
    lead = _row(session, session.table("lead"), edit)
    wanted = Wanted(
        account=bool(edit.get("account", False)),
        contact=bool(edit.get("contact", True)),
        opportunity=bool(edit.get("opportunity", False)),
        status=int(edit.get("status", -1)),
    )
    made = {made_table.name: row_id for made_table, row_id in qualify(session, lead, wanted)}
    return _told(session, table, lead["leadid"], **made)


def _merge(session: Session, table: Table, edit: Json) -> Json:
    loser = _row(session, table, edit)
    target_id = str(edit["into"]).lower()
    merge(session, table, target_id, loser[table.primary_id], edit.get("fields", {}))
    return _told(session, table, loser[table.primary_id], into=target_id)


def _restore(session: Session, table: Table, edit: Json) -> Json:
    """Bring a deleted row back with its id and values, as from the recycle bin."""
    row = rows.buried(session, table, str(edit["id"]).lower())
    if row is None:
        raise ControlError(f"No deleted {table.name} has the id {edit['id']}.")
    kept = {name: value for name, value in row.items() if name in table.storage_names}
    stamps = {"modifiedon": session.timestamp, "modifiedby": session.user_id}
    rows.insert(session, table, {**kept, **stamps})
    return _told(session, table, row[table.primary_id])


_RECORD_EDITS: dict[str, Operation] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "deactivate": _deactivate,
    "activate": _activate,
    "assign": _assign,
    "qualify": _qualify,
    "merge": _merge,
    "restore": _restore,
}
