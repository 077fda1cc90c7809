"""Alternate keys and duplicate detection on write (reference/dataverse-webapi.md 6.2, 13)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.rows import Row, where
from leadsync_sandbox.dynamics.schema import Key, Table
from leadsync_sandbox.dynamics.session import Session

_DETAILS = "@Microsoft.PowerApps.CDS.ErrorDetails"


def require_unique_keys(session: Session, table: Table, row: Row, changed: Row) -> None:
    """Refuse a row whose alternate key another row has; nulls are not constrained.

    :raises ApiError: 412 ``0x80060892``.
    """
    for key in table.keys:
        if key.status != "Active":
            continue
        values = {name: row.get(name) for name in key.columns}
        if not set(key.columns) & set(changed) or None in values.values():
            continue
        own_id = row[table.primary_id]
        if any(other[table.primary_id] != own_id for other in where(session, table, values)):
            raise _key_violated(table, key, values)


def require_no_duplicate(session: Session, table: Table, row: Row) -> None:
    """Apply the shipped rule: another active row with the same e-mail address is a duplicate.

    :raises ApiError: 412 ``0x80040333``.
    """
    email = row.get("emailaddress1")
    if not session.settings["duplicate_detection"] or not email:
        return
    sql = (
        f"SELECT 1 FROM {quoted(table.name)} WHERE emailaddress1 = ? AND statecode = 0 "
        f"AND {quoted(table.primary_id)} <> ?"
    )
    if session.database.value(sql, (email, row[table.primary_id])) is not None:
        raise ApiError(
            412,
            "0x80040333",
            "A record was not created or updated because a duplicate of the current record "
            "already exists.",
        )


def _key_violated(table: Table, key: Key, values: Row) -> ApiError:
    labels = ", ".join(table.columns[name].display_name for name in key.columns)
    listed = "".join(f"<{name}>{escape(str(v))}</{name}>" for name, v in values.items())
    shown = f"<DuplicateAttributes>{listed}</DuplicateAttributes>"
    return ApiError(
        412,
        "0x80060892",
        f"Entity Key {key.display_name} violated. A record with the same value for {labels} "
        "already exists. A duplicate record cannot be created. Select one or more unique values "
        "and try again.",
        details={
            f"{_DETAILS}.0": key.display_name,
            f"{_DETAILS}.1": labels,
            f"{_DETAILS}.DuplicateAttributes": shown,
        },
    )
