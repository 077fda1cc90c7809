"""Cycles, cursors and the schema cache in SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from leadsync.model import Json
from leadsync.state.bulk import upsert
from leadsync.state.port import CycleRecord, CycleStatus
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import cursor, cycle, schema_cache

_FIELDS = tuple(field.name for field in dataclasses.fields(CycleRecord))


def write(connection: Connection, record: CycleRecord | None) -> None:
    """Upsert a cycle."""
    if record is not None:
        upsert(connection, cycle, [{name: getattr(record, name) for name in _FIELDS}])


def one(connection: Connection, cycle_id: str) -> CycleRecord | None:
    """Return one cycle."""
    found = rows_of(connection, select(cycle).where(cycle.c.cycle_id == cycle_id))
    return CycleRecord(**found[0]) if found else None


def latest(connection: Connection, limit: int, status: CycleStatus | None) -> list[CycleRecord]:
    """Return the latest cycles, newest first; only those with ``status``, if one is given."""
    newest = select(cycle).order_by(cycle.c.opened_at.desc(), cycle.c.cycle_id.desc())
    if status is not None:
        newest = newest.where(cycle.c.status == status)
    return [CycleRecord(**row) for row in rows_of(connection, newest.limit(limit))]


def move_cursors(
    connection: Connection, dropped: Sequence[str], cursors: Mapping[str, str]
) -> None:
    """Remove cursors by name, then set others."""
    if dropped:
        connection.execute(delete(cursor).where(among(connection, cursor.c.name, dropped)))
    upsert(connection, cursor, [{"name": n, "value": v} for n, v in cursors.items()])


def cursors(connection: Connection) -> dict[str, str]:
    """Return all cursors by name."""
    return {name: value for name, value in connection.execute(select(cursor))}


def keep_schema(connection: Connection, name: str, body: Json, now: datetime) -> None:
    """Replace the schema under ``name``."""
    upsert(connection, schema_cache, [{"name": name, "read_at": now, "body": body}])


def schema(connection: Connection, name: str) -> tuple[datetime, Json] | None:
    """Return when the schema under ``name`` was read, and the schema."""
    statement = select(schema_cache.c.read_at, schema_cache.c.body)
    row = connection.execute(statement.where(schema_cache.c.name == name)).first()
    return (row[0], row[1]) if row else None


def schemas_read(connection: Connection) -> dict[str, datetime]:
    """Return when each cached schema was read, by name."""
    statement = select(schema_cache.c.name, schema_cache.c.read_at)
    return {name: read_at for name, read_at in connection.execute(statement)}
