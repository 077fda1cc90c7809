"""What the store remembers of named records beside links, base and journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Table, or_, select

from leadsync.state.rows import DeferredRow, QuarantineRow, Remembered, RequestRow
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import deferred, quarantine, request


def read(
    connection: Connection, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]
) -> Remembered:
    """Return what concerns any of the persons and rows."""

    def about(table: Table) -> list[dict[str, Any]]:
        named = or_(
            among(connection, table.c.marketo_id, marketo_ids),
            among(connection, table.c.dynamics_id, dynamics_ids),
        )
        return rows_of(connection, select(table).where(named))

    return in_order(about(quarantine), about(deferred), about(request))


def of(
    items: Iterable[QuarantineRow],
    carried: Iterable[DeferredRow],
    requests: Iterable[RequestRow],
    marketo_ids: Sequence[int],
    dynamics_ids: Sequence[str],
) -> Remembered:
    """Return those of the rows that concern any of the persons and rows."""
    persons, rows = set(marketo_ids), set(dynamics_ids)

    def about(all_rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [
            row for row in all_rows if row["marketo_id"] in persons or row["dynamics_id"] in rows
        ]

    return in_order(about(items), about(carried), about(requests))


def in_order(
    items: Sequence[Mapping[str, Any]],
    carried: Sequence[Mapping[str, Any]],
    requests: Sequence[Mapping[str, Any]],
) -> Remembered:
    """Return the rows in the order in which they came."""
    return Remembered(
        cast("list[QuarantineRow]", sorted(items, key=lambda r: (r["first_seen"], r["id"]))),
        cast("list[DeferredRow]", sorted(carried, key=lambda r: r["record_key"])),
        cast(
            "list[RequestRow]", sorted(requests, key=lambda r: (r["requested_at"], r["request_id"]))
        ),
    )
