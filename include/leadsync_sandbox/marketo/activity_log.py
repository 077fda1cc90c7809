"""The activity log: writing rows and scanning it in blocks (reference/marketo-rest.md 8)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.common.database import Database, placeholders
from leadsync_sandbox.marketo.tokens import Position

NEW_LEAD, CHANGE_DATA_VALUE, CHANGE_SCORE = 12, 13, 22
ADD_TO_LIST, REMOVE_FROM_LIST, MERGE_LEADS, DELETE_LEAD = 24, 25, 32, 37
REQUEST_CAMPAIGN, CHANGE_PARTITION = 47, 100
#: days that rows are kept; types not named are kept for ever here (8.6).
RETENTION_DAYS = {
    DELETE_LEAD: 14,
    **dict.fromkeys((1, 3, 6, 7, CHANGE_DATA_VALUE, 19, CHANGE_SCORE, ADD_TO_LIST, 28, 36), 90),
    **dict.fromkeys((REQUEST_CAMPAIGN, 300), 90),
    MERGE_LEADS: 760,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row to log.

    :param name: REST name of the field that a 13 or 22 is about, with its old and new text.
    """

    person_id: int
    type_id: int
    primary_id: int | None = None
    primary_value: str | None = None
    name: str | None = None
    old: str | None = None
    new: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """What one call sees of the log, and where the next one goes on."""

    rows: list[sqlite3.Row]
    position: Position
    more: bool


class ActivityLog:
    """The activity table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entries: Iterable[Entry], now: datetime, lag: float) -> list[int]:
        """Log rows that become visible after ``lag`` seconds; return their numbers."""
        rows = [_row(entry, now, lag) for entry in entries]
        with self._database.transaction():
            last = int(self._database.value("SELECT coalesce(max(seq), 0) FROM activity"))
            marks = ", ".join("?" * 12)
            self._database.run_many(
                f"INSERT INTO activity VALUES ({marks})",
                [(last + number, *row) for number, row in enumerate(rows, start=1)],
            )
        return list(range(last + 1, last + 1 + len(rows)))

    def start(self, since: datetime) -> Position:
        """Return the position from which everything after ``since`` is read."""
        text = format_moment(since)
        first = self._database.value("SELECT min(seq) FROM activity WHERE at > ?", (text,))
        if first is None:
            first = 1 + int(self._database.value("SELECT coalesce(max(seq), 0) FROM activity"))
        return Position(text, int(first) - 1)

    def scan(
        self,
        position: Position,
        now: datetime,
        *,
        types: Sequence[int],
        most: int,
        block: int,
        where: str = "1",
        parameters: Sequence[Any] = (),
    ) -> Block:
        """Read on from ``position``: at most ``block`` log rows are looked at, ``most`` returned.

        Rows that are not visible yet are passed over once a later row is visible: a reader who
        has moved beyond them sees them only by reading again from an older token.
        """
        seen = now.timestamp()
        top = self._database.value(
            "SELECT seq FROM activity WHERE visible <= ? ORDER BY seq DESC LIMIT 1", (seen,)
        )
        end = min(position.after + block, max(top or 0, position.after))
        kept, limits = _retention(types, now)
        sql = (
            f"SELECT * FROM activity WHERE seq > ? AND seq <= ? AND at > ? AND visible <= ? "
            f"AND ({kept}) AND ({where}) ORDER BY seq LIMIT ?"
        )
        bounds = [position.after, end, position.since, seen]
        rows = self._database.rows(sql, [*bounds, *limits, *parameters, most])
        reached = rows[-1]["seq"] if len(rows) == most else end
        return Block(rows, Position(position.since, reached), reached < (top or 0))

    def between(self, start: str, end: str, types: Sequence[int], now: datetime) -> list[Any]:
        """Return visible rows with ``start <= at <= end``, of all types when none is named."""
        sql = "SELECT * FROM activity WHERE at >= ? AND at <= ? AND visible <= ? AND type_id != ?"
        parameters: list[Any] = [start, end, now.timestamp(), DELETE_LEAD]
        if types:
            sql += f" AND type_id IN ({placeholders(types)})"
            parameters += types
        return self._database.rows(f"{sql} ORDER BY seq", parameters)

    def move(self, losers: Sequence[int], winner: int) -> None:
        """Give the losers' rows to the winner of a merge (8.3)."""
        sql = f"UPDATE activity SET person_id = ? WHERE person_id IN ({placeholders(losers)})"
        self._database.run(sql, [winner, *losers])


def _retention(types: Sequence[int], now: datetime) -> tuple[str, list[Any]]:
    clauses, limits = [], []
    for type_id in types:
        days = RETENTION_DAYS.get(type_id)
        oldest = format_moment(now - timedelta(days=days)) if days else ""
        clauses.append("+type_id = ? AND at >= ?")
        limits += [type_id, oldest]
    return " OR ".join(clauses), limits


def _row(entry: Entry, now: datetime, lag: float) -> tuple[Any, ...]:
    return (
        entry.person_id,
        entry.type_id,
        format_moment(entry.at or now),
        now.timestamp() + lag if lag else 0.0,
        entry.primary_id,
        entry.primary_value,
        entry.name,
        entry.old,
        entry.new,
        json.dumps({k: v for k, v in entry.attributes.items() if v not in (None, "")}),
        entry.campaign_id,
    )
