"""Forgetting what is older than anybody needs, a bounded number of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, exists, not_, select

from leadsync.state.rows import MAKING, UNSENT, WAITING, Keep
from leadsync.state.tables import cycle, intent, journal, person_activity, quarantine, request


def forget(connection: Connection, keep: Keep, most: int) -> dict[str, int]:
    """Remove rows that are older than ``keep`` says, at most ``most`` of each table."""
    return {
        "journal": _remove_oldest(connection, keep, most),
        "intent": _remove(connection, intent.c.intent_id, _intents(keep), most),
        "request": _remove(connection, request.c.request_id, _requests(keep), most),
        "cycle": _remove(connection, cycle.c.cycle_id, _cycles(keep), most),
        "quarantine": _remove(connection, quarantine.c.id, _items(keep), most),
        "person_activity": _remove(connection, person_activity.c.key, _told(keep), most),
    }


def oldest(table: str, keep: Keep, most: int) -> Callable[[Mapping[str, Any]], bool]:
    """Return a condition that ``most`` rows of the table meet, all of which may be forgotten."""
    left = iter(range(most))
    return lambda row: _OLD[table](row, keep) and next(left, None) is not None


def _remove_oldest(connection: Connection, keep: Keep, most: int) -> int:
    """Remove journal rows by their number, which grows with time and needs no other index."""
    oldest = select(journal.c.id).order_by(journal.c.id).limit(most)
    return _deleted(
        connection, journal, and_(journal.c.id.in_(oldest), journal.c.at < keep.journal)
    )


def _remove(
    connection: Connection, key: Column[Any], condition: ColumnElement[bool], most: int
) -> int:
    found = select(key).where(condition).limit(most)
    return _deleted(connection, key.table, key.in_(found))


def _deleted(connection: Connection, table: Any, condition: ColumnElement[bool]) -> int:
    named: Table = table
    return connection.execute(delete(named).where(condition)).rowcount


def _intents(keep: Keep) -> ColumnElement[bool]:
    """Old intents, found by the time in their cycle's id; a record in doubt is kept."""
    doubtful = and_(intent.c.operation.in_(MAKING), intent.c.status == "pending")
    return and_(intent.c.cycle_id < keep.first_cycle, not_(doubtful))


def _requests(keep: Keep) -> ColumnElement[bool]:
    return and_(request.c.status != "waiting", request.c.updated_at < keep.requests)


def _cycles(keep: Keep) -> ColumnElement[bool]:
    return and_(cycle.c.status != "open", cycle.c.opened_at < keep.cycles)


def _items(keep: Keep) -> ColumnElement[bool]:
    return and_(quarantine.c.status.not_in(WAITING), quarantine.c.last_seen < keep.quarantine)


def _told(keep: Keep) -> ColumnElement[bool]:
    """Activities of forgotten items; those of an item that fails on keep it from telling twice."""
    item_is_kept = exists().where(quarantine.c.id == person_activity.c.item_id)
    sent = person_activity.c.status.not_in(UNSENT)
    return and_(sent, person_activity.c.created_at < keep.quarantine, not_(item_is_kept))


_OLD: dict[str, Callable[[Mapping[str, Any], Keep], bool]] = {
    "journal": lambda row, keep: row["at"] < keep.journal,
    "intent": lambda row, keep: (
        row["cycle_id"] < keep.first_cycle
        and not (row["operation"] in MAKING and row["status"] == "pending")
    ),
    "request": lambda row, keep: row["status"] != "waiting" and row["updated_at"] < keep.requests,
    "quarantine": lambda row, keep: (
        row["status"] not in WAITING and row["last_seen"] < keep.quarantine
    ),
    "person_activity": lambda row, keep: (
        row["status"] not in UNSENT and row["created_at"] < keep.quarantine
    ),
}
