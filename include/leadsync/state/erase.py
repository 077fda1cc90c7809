"""Forgetting what records left in the store (S081)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select

from leadsync.state.statements import among
from leadsync.state.tables import (
    deferred,
    intent,
    journal,
    link,
    lookup,
    quarantine,
    request,
)

#: tables whose rows name a person, a row, or both.
NAMING: tuple[Table, ...] = (intent, journal, quarantine, deferred, request, link)


def erase(
    connection: Connection, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]
) -> dict[str, int]:
    """Remove everything that the records left; returns removed rows by table.

    The base of a link goes with it.
    """

    def named_in(table: Table) -> ColumnElement[bool]:
        return or_(
            among(connection, table.c.marketo_id, marketo_ids),
            among(connection, table.c.dynamics_id, dynamics_ids),
        )

    linked = select(link.c.link_id).where(named_in(link))
    conditions: list[tuple[Table, ColumnElement[Any]]] = [
        (lookup, lookup.c.link_id.in_(linked)),
        *((table, named_in(table)) for table in NAMING),
    ]
    return {
        table.name: connection.execute(delete(table).where(condition)).rowcount
        for table, condition in conditions
    }
