"""The history of quarantined rows in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, select

from leadsync.state.bulk import append
from leadsync.state.port import QuarantineEventRow
from leadsync.state.statements import among, columns_but, rows_of
from leadsync.state.tables import quarantine_event


def write(connection: Connection, events: Sequence[QuarantineEventRow]) -> None:
    """Add events to the history of their items."""
    append(connection, quarantine_event, events)


def of_items(connection: Connection, item_ids: Sequence[str]) -> list[QuarantineEventRow]:
    """Return the items' history in the order in which it was written."""
    chosen = select(*columns_but(quarantine_event, "id")).where(
        among(connection, quarantine_event.c.item_id, item_ids)
    )
    found = rows_of(connection, chosen.order_by(quarantine_event.c.id))
    return cast("list[QuarantineEventRow]", found)
