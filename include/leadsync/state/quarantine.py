"""Quarantined rows and carried records in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, delete, func, select

from leadsync.model import Direction, Table
from leadsync.state.bulk import upsert
from leadsync.state.port import DeferredRow, QuarantineRow, QuarantineStatus
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import deferred, quarantine

#: statuses in which an item waits for its record; at most one such item per record key.
WAITING: tuple[QuarantineStatus, ...] = ("open", "released")


def write_items(connection: Connection, rows: Sequence[QuarantineRow]) -> None:
    """Upsert items, the closed ones first, so that a new one can take their record key."""
    last = {row["id"]: row for row in rows}
    upsert(connection, quarantine, [r for r in last.values() if r["status"] not in WAITING])
    upsert(connection, quarantine, [r for r in last.values() if r["status"] in WAITING])


def items(
    connection: Connection,
    *,
    statuses: Sequence[QuarantineStatus] | None,
    ids: Sequence[str] | None,
    direction: Direction | None,
    table: Table | None,
    limit: int | None,
) -> list[QuarantineRow]:
    """Return items that meet all conditions given, newest first."""
    statement = select(quarantine)
    if statuses is not None:
        statement = statement.where(quarantine.c.status.in_(statuses))
    if ids is not None:
        statement = statement.where(among(connection, quarantine.c.id, ids))
    if direction is not None:
        statement = statement.where(quarantine.c.direction == direction)
    if table is not None:
        statement = statement.where(quarantine.c.dynamics_table == table)
    newest = statement.order_by(quarantine.c.last_seen.desc(), quarantine.c.id).limit(limit)
    return cast("list[QuarantineRow]", rows_of(connection, newest))


def count_open(connection: Connection) -> int:
    """Return the number of open items."""
    counted = select(func.count()).where(quarantine.c.status == "open")
    return connection.execute(counted).scalar_one()


def write_deferred(
    connection: Connection, cleared: Sequence[str], rows: Sequence[DeferredRow]
) -> None:
    """Remove carried records, then upsert others."""
    if cleared:
        connection.execute(
            delete(deferred).where(among(connection, deferred.c.record_key, cleared))
        )
    upsert(connection, deferred, rows)


def all_deferred(connection: Connection) -> list[DeferredRow]:
    """Return all carried records in the order of their keys."""
    found = rows_of(connection, select(deferred).order_by(deferred.c.record_key))
    return cast("list[DeferredRow]", found)


def count_deferred(connection: Connection) -> int:
    """Return the number of carried records."""
    return connection.execute(select(func.count()).select_from(deferred)).scalar_one()
