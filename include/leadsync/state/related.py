"""Accounts, users and teams, and who refers to them, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, select

from leadsync.state.bulk import upsert
from leadsync.state.port import LIVE, LinkRow, LookupRow, RelatedRow
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import link, lookup, related_row


def write(
    connection: Connection, related: Sequence[RelatedRow], lookups: Sequence[LookupRow]
) -> None:
    """Upsert related records and references."""
    upsert(connection, related_row, related)
    upsert(connection, lookup, lookups)


def read(connection: Connection, table: str, ids: Sequence[str]) -> list[RelatedRow]:
    """Return related records of one table."""
    chosen = select(related_row).where(
        related_row.c.table == table, among(connection, related_row.c.id, ids)
    )
    return cast("list[RelatedRow]", rows_of(connection, chosen.order_by(related_row.c.id)))


def lookups_of(connection: Connection, link_ids: Sequence[str]) -> list[LookupRow]:
    """Return what the rows of these links refer to."""
    chosen = select(lookup).where(among(connection, lookup.c.link_id, link_ids))
    ordered = chosen.order_by(lookup.c.link_id, lookup.c.column)
    return cast("list[LookupRow]", rows_of(connection, ordered))


def links_referring(
    connection: Connection, column: str, target_table: str, target_ids: Sequence[str]
) -> list[LinkRow]:
    """Return the live links whose row refers to one of the targets."""
    referring = select(lookup.c.link_id).where(
        lookup.c.column == column,
        lookup.c.target_table == target_table,
        among(connection, lookup.c.target_id, target_ids),
    )
    chosen = select(link).where(link.c.status.in_(LIVE), link.c.link_id.in_(referring))
    return cast("list[LinkRow]", rows_of(connection, chosen.order_by(link.c.link_id)))
