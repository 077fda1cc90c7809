"""Rows in the database: reading, writing, versions and tombstones (reference 10.3).

Every committed write takes the next number of one counter; a deletion keeps its number in a
tombstone, together with the row, so that it can be restored.
"""

from __future__ import annotations

import json
from typing import Any

from leadsync_sandbox.dynamics.errors import missing_row
from leadsync_sandbox.dynamics.layout import advance, quoted
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session

Row = dict[str, Any]


def find(session: Session, table: Table, row_id: str) -> Row | None:
    """Return a whole row by primary key, or ``None``."""
    sql = f"SELECT * FROM {quoted(table.name)} WHERE {quoted(table.primary_id)} = ?"
    found = session.database.row(sql, (row_id,))
    return dict(found) if found else None


def require(session: Session, table: Table, row_id: str) -> Row:
    """Return a whole row by primary key.

    :raises ApiError: 404 ``0x80040217``.
    """
    found = find(session, table, row_id)
    if found is None:
        raise missing_row(table.name, row_id)
    return found


def exists(session: Session, table: Table, row_id: str) -> bool:
    """Tell whether there is such a row."""
    sql = f"SELECT 1 FROM {quoted(table.name)} WHERE {quoted(table.primary_id)} = ?"
    return session.database.value(sql, (row_id,)) is not None


def where(session: Session, table: Table, values: Row) -> list[Row]:
    """Return all rows whose columns equal ``values``."""
    condition = " AND ".join(f"{quoted(name)} = ?" for name in values)
    sql = f"SELECT * FROM {quoted(table.name)} WHERE {condition}"
    return [dict(row) for row in session.database.rows(sql, tuple(values.values()))]


def insert(session: Session, table: Table, values: Row, steps: int = 1) -> None:
    """Store a new row with the next version."""
    values["versionnumber"] = advance(session.database, "row", steps)
    names = ", ".join(quoted(name) for name in values)
    marks = ", ".join("?" * len(values))
    session.database.run(
        f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})", tuple(values.values())
    )
    session.database.run(
        "DELETE FROM tombstone WHERE table_name = ? AND id = ?",
        (table.name, values[table.primary_id]),
    )


def update(session: Session, table: Table, row_id: str, values: Row, steps: int = 1) -> None:
    """Change columns of a row and give it the next version.

    :param steps: how many internal updates the service makes of it (section 7).
    """
    values["versionnumber"] = advance(session.database, "row", steps)
    changes = ", ".join(f"{quoted(name)} = ?" for name in values)
    session.database.run(
        f"UPDATE {quoted(table.name)} SET {changes} WHERE {quoted(table.primary_id)} = ?",
        (*values.values(), row_id),
    )


def delete(session: Session, table: Table, row: Row) -> None:
    """Remove a row and leave a tombstone."""
    row_id = row[table.primary_id]
    session.database.run(
        f"DELETE FROM {quoted(table.name)} WHERE {quoted(table.primary_id)} = ?", (row_id,)
    )
    session.database.run(
        "INSERT OR REPLACE INTO tombstone VALUES (?, ?, ?, ?, ?)",
        (
            table.name,
            row_id,
            advance(session.database, "row"),
            session.timestamp,
            json.dumps(row, ensure_ascii=False),
        ),
    )


def buried(session: Session, table: Table, row_id: str) -> Row | None:
    """Return the row that a deletion removed, or ``None``."""
    text = session.database.value(
        "SELECT row FROM tombstone WHERE table_name = ? AND id = ?", (table.name, row_id)
    )
    return None if text is None else dict(json.loads(text))
