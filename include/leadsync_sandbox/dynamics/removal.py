"""Deleting a row: cascades, cleared links and restrictions (reference 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.payload import lookup_values
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Column, Table
from leadsync_sandbox.dynamics.session import Session

#: lookups whose row disappears with its target; every other link is removed.
_CASCADE = frozenset({("lead", "customerid")})
#: targets that cannot go while something points to them.
_RESTRICTED = frozenset({"transactioncurrency", "systemuser", "team", "businessunit"})
#: links that say who wrote a row; nothing follows them.
_PASSIVE = frozenset({"createdby", "modifiedby", "owninguser", "owningteam", "accountid"})


def remove(session: Session, table: Table, row: Row) -> None:
    """Delete ``row`` and what hangs on it.

    :raises ApiError: 405 ``0x80040227`` when a restricting association exists.
    """
    row_id = row[table.primary_id]
    for child, column in _referencing(session, table):
        for found in _children(session, child, column, table, row_id):
            if table.name in _RESTRICTED:
                raise ApiError(
                    405,
                    "0x80040227",
                    f"The {table.name} {row_id} cannot be deleted because it is associated with "
                    f"another record: {child.name} {found[child.primary_id]}.",
                )
            if (child.name, column.name) in _CASCADE:
                remove(session, child, found)
            else:
                rows.update(
                    session, child, found[child.primary_id], lookup_values(column, None, None)
                )
    rows.delete(session, table, row)


def _referencing(session: Session, table: Table) -> Iterator[tuple[Table, Column]]:
    for child in session.schema.tables.values():
        for column in child.columns.values():
            if table.name in column.targets and column.name not in _PASSIVE:
                yield child, column


def _children(
    session: Session, child: Table, column: Column, target: Table, row_id: str
) -> list[Row]:
    sql = f"SELECT * FROM {quoted(child.name)} WHERE {quoted(column.name)} = ?"
    parameters = [row_id]
    if column.is_polymorphic:
        sql += f" AND {quoted(column.type_storage)} = ?"
        parameters.append(target.name)
    return [dict(row) for row in session.database.rows(sql, parameters)]
