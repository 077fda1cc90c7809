"""Activities for persons' logs in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, func, select

from leadsync.state.bulk import upsert
from leadsync.state.port import ActivityRow
from leadsync.state.rows import UNSENT
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import person_activity


def write(connection: Connection, rows: Sequence[ActivityRow]) -> None:
    """Upsert activities."""
    upsert(connection, person_activity, rows)


def read(
    connection: Connection, *, item_ids: Sequence[str] | None, unsent: bool, limit: int | None
) -> list[ActivityRow]:
    """Return activities in the order in which they are to be sent."""
    statement = select(person_activity)
    if item_ids is not None:
        statement = statement.where(among(connection, person_activity.c.item_id, item_ids))
    if unsent:
        statement = statement.where(person_activity.c.status.in_(UNSENT))
    order = (person_activity.c.created_at, person_activity.c.key)
    found = rows_of(connection, statement.order_by(*order).limit(limit))
    return cast("list[ActivityRow]", found)


def count_unsent(connection: Connection) -> int:
    """Return the number of activities that are still to be sent."""
    counted = select(func.count()).where(person_activity.c.status.in_(UNSENT))
    return connection.execute(counted).scalar_one()
