"""What happened and what is about to: journal, intents and processed activities in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, delete, or_, select

from leadsync.state.bulk import append, upsert
from leadsync.state.port import IntentRow, JournalRow
from leadsync.state.rows import MAKING, UNANSWERED, UPDATES
from leadsync.state.statements import among, columns_but, rows_of
from leadsync.state.tables import intent, journal, seen_activity


def write_rows(connection: Connection, rows: Sequence[JournalRow]) -> None:
    """Add rows to the journal."""
    append(connection, journal, rows)


def rows(
    connection: Connection,
    *,
    marketo_ids: Sequence[int],
    dynamics_ids: Sequence[str],
    cycle_id: str | None,
    since: datetime | None,
) -> list[JournalRow]:
    """Return rows of any of the persons and rows, of the cycle and since a time, in its order."""
    statement = select(*columns_but(journal, "id"))
    if marketo_ids or dynamics_ids:
        statement = statement.where(
            or_(
                among(connection, journal.c.marketo_id, marketo_ids),
                among(connection, journal.c.dynamics_id, dynamics_ids),
            )
        )
    if cycle_id is not None:
        statement = statement.where(journal.c.cycle_id == cycle_id)
    if since is not None:
        statement = statement.where(journal.c.at >= since)
    ordered = statement.order_by(journal.c.at, journal.c.id)
    return cast("list[JournalRow]", rows_of(connection, ordered))


def write_intents(connection: Connection, intents: Sequence[IntentRow]) -> None:
    """Upsert intents."""
    upsert(connection, intent, intents)


def intent_statuses(connection: Connection, cycle_id: str, side: str) -> dict[str, str]:
    """Return the status of the cycle's intents on one side."""
    statement = select(intent.c.intent_id, intent.c.status)
    chosen = statement.where(intent.c.cycle_id == cycle_id, intent.c.side == side)
    return {intent_id: status for intent_id, status in connection.execute(chosen)}


def unconfirmed_pairs(
    connection: Connection, dynamics_ids: Sequence[str] | None
) -> list[IntentRow]:
    """Return creates and links that were never confirmed, of all rows or of those named."""
    chosen = select(intent).where(intent.c.operation.in_(MAKING), intent.c.status == "pending")
    if dynamics_ids is not None:
        chosen = chosen.where(among(connection, intent.c.dynamics_id, dynamics_ids))
    found = rows_of(connection, chosen.order_by(intent.c.intent_id))
    return cast("list[IntentRow]", found)


def unanswered_updates(
    connection: Connection, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]
) -> list[IntentRow]:
    """Return updates of pairs of these persons or rows that were never confirmed, oldest first."""
    chosen = select(intent).where(
        intent.c.operation.in_(UPDATES),
        intent.c.status.in_(UNANSWERED),
        or_(
            among(connection, intent.c.marketo_id, marketo_ids),
            among(connection, intent.c.dynamics_id, dynamics_ids),
        ),
    )
    found = rows_of(connection, chosen.order_by(intent.c.updated_at, intent.c.intent_id))
    return cast("list[IntentRow]", found)


def unconfirmed_creates(connection: Connection, marketo_ids: Sequence[int]) -> list[IntentRow]:
    """Return creates of Dynamics rows for the persons that were never confirmed, oldest first."""
    chosen = select(intent).where(
        intent.c.operation == "create",
        intent.c.side == "dynamics",
        intent.c.status == "pending",
        among(connection, intent.c.marketo_id, marketo_ids),
    )
    found = rows_of(connection, chosen.order_by(intent.c.updated_at, intent.c.intent_id))
    return cast("list[IntentRow]", found)


def pending_updates(connection: Connection, marketo_ids: Sequence[int]) -> list[IntentRow]:
    """Return updates of the persons in Marketo that were never confirmed."""
    chosen = select(intent).where(
        intent.c.side == "marketo",
        intent.c.operation != "create",
        intent.c.status == "pending",
        among(connection, intent.c.marketo_id, marketo_ids),
    )
    found = rows_of(connection, chosen.order_by(intent.c.intent_id))
    return cast("list[IntentRow]", found)


def remember_activities(
    connection: Connection, seen: Mapping[str, datetime], before: datetime | None
) -> None:
    """Keep GUIDs of processed activities, and forget those older than ``before``."""
    upsert(connection, seen_activity, [{"guid": guid, "at": at} for guid, at in seen.items()])
    if before is not None:
        connection.execute(delete(seen_activity).where(seen_activity.c.at < before))


def known_activities(connection: Connection, guids: Iterable[str]) -> set[str]:
    """Return those GUIDs that were processed already."""
    chosen = select(seen_activity.c.guid).where(among(connection, seen_activity.c.guid, guids))
    return set(connection.execute(chosen).scalars())
