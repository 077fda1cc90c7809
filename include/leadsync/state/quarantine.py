"""Quarantined rows and carried records in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, cast

from sqlalchemy import Connection, Select, Text, delete, func, select, type_coerce

from leadsync.state.bulk import upsert
from leadsync.state.item_filter import EVERYTHING, Cause, ItemFilter, causes_of
from leadsync.state.port import DeferredRow, QuarantineRow, QuarantineStatus
from leadsync.state.rows import WAITING
from leadsync.state.statements import among, rows_of, streamed
from leadsync.state.tables import deferred, quarantine
from leadsync.state.types import to_json

_FOR_CAUSES = ("id", "direction", "dynamics_table", "failures", "first_seen", "last_seen")


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
    where: ItemFilter | None,
    limit: int | None,
) -> list[QuarantineRow]:
    """Return items that meet all conditions given, newest first."""
    statement = _chosen(select(quarantine), statuses, where)
    if ids is not None:
        statement = statement.where(among(connection, quarantine.c.id, ids))
    newest = statement.order_by(quarantine.c.last_seen.desc(), quarantine.c.id)
    if where is None or not where.asks_for_reasons():
        return cast("list[QuarantineRow]", rows_of(connection, newest.limit(limit)))
    found = cast("Iterator[QuarantineRow]", streamed(connection, newest))
    return list(islice(filter(where.matches, found), limit))


def causes(
    connection: Connection,
    *,
    statuses: Sequence[QuarantineStatus] | None,
    where: ItemFilter | None,
) -> list[Cause]:
    """Group items by their reasons; their values stay in the database."""
    columns = (quarantine.c[name] for name in _FOR_CAUSES)
    found = streamed(connection, _chosen(select(*columns), statuses, where))
    return causes_of(found, where or EVERYTHING)


def _chosen(
    statement: Select[Any],
    statuses: Sequence[QuarantineStatus] | None,
    where: ItemFilter | None,
) -> Select[Any]:
    """Narrow down to what the database can tell; :meth:`ItemFilter.matches` tells the rest.

    Reasons are compact ASCII JSON, where a member is found by its text, with the quotes around it.
    """
    if statuses is not None:
        statement = statement.where(quarantine.c.status.in_(statuses))
    if where is None:
        return statement
    for name, value in where.columns().items():
        statement = statement.where(quarantine.c[name] == value)
    if where.since is not None:
        statement = statement.where(quarantine.c.last_seen >= where.since)
    reasons = type_coerce(quarantine.c.failures, Text)
    for name, value in where.reason_parts().items():
        member = to_json({name: value})[1:-1]
        statement = statement.where(reasons.contains(member, autoescape=True))
    return statement


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
