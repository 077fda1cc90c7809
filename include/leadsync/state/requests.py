"""Requests for named records in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, func, select

from leadsync.state.bulk import upsert
from leadsync.state.port import RequestRow
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import request


def write(connection: Connection, rows: Sequence[RequestRow]) -> None:
    """Upsert requests."""
    upsert(connection, request, rows)


def read(connection: Connection, *, waiting: bool, ids: Sequence[str] | None) -> list[RequestRow]:
    """Return requests in the order in which they came."""
    statement = select(request)
    if waiting:
        statement = statement.where(request.c.status == "waiting")
    if ids is not None:
        statement = statement.where(among(connection, request.c.request_id, ids))
    ordered = statement.order_by(request.c.requested_at, request.c.request_id)
    return cast("list[RequestRow]", rows_of(connection, ordered))


def count_waiting(connection: Connection) -> int:
    """Return the number of requests that no cycle has answered."""
    counted = select(func.count()).where(request.c.status == "waiting")
    return connection.execute(counted).scalar_one()
