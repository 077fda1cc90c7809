"""Incidents in SQL; implements ``leadsync.state.incident_book.IncidentBook``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, Select, select, update

from leadsync.state.engine import reading, writing
from leadsync.state.incident_book import IncidentRow
from leadsync.state.statements import insert_missing, rows_of
from leadsync.state.tables import incident


class SqlIncidents:
    """The incident book of all processes that share a database; rows are locked while they change.

    Methods are those of ``IncidentBook``; each raises ``ConfigurationError`` when the database
    cannot be reached or written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def happened(self, scope: str, subject: str, at: datetime) -> IncidentRow:
        with writing(self._engine) as connection:
            row = _opened(connection, scope, subject, at)
            row["last_seen"] = at
            row["count"] += 1
            _store(connection, row)
        return row

    def close(self, scope: str, at: datetime, *, but: Collection[str] = ()) -> None:
        with writing(self._engine) as connection:
            connection.execute(
                update(incident)
                .where(
                    incident.c.scope == scope,
                    incident.c.closed_at.is_(None),
                    incident.c.subject.not_in(sorted(but)),
                )
                .values(closed_at=at)
            )

    def claim_alert(self, scope: str, subject: str, channel: str, at: datetime) -> bool:
        with writing(self._engine) as connection:
            row = _opened(connection, scope, subject, at)
            is_new = channel not in row["told"]
            if is_new:
                row["told"].append(channel)
            _store(connection, row)
        return is_new

    def claim_recoveries(self, scope: str, channel: str) -> list[IncidentRow]:
        ended = select(incident).where(incident.c.scope == scope, incident.c.closed_at.is_not(None))
        ordered = ended.order_by(incident.c.opened_at, incident.c.subject)
        with reading(self._engine) as connection:
            if not _believed(rows_of(connection, ordered), channel):
                return []  # as after nearly every run, which need not wait for the write lock
        with writing(self._engine) as connection:
            claimed = _believed(_locked(connection, ordered), channel)
            for row in claimed:
                row["told"].remove(channel)
                _store(connection, row)
        return claimed

    def mark_told(self, row: tuple[str, str], channel: str, *, told: bool) -> None:
        with writing(self._engine) as connection:
            for found in _locked(connection, _one(*row)):
                others = [name for name in found["told"] if name != channel]
                found["told"] = [*others, channel] if told else others
                _store(connection, found)

    def still_open(self, scope: str | None = None) -> list[IncidentRow]:
        statement = select(incident).where(incident.c.closed_at.is_(None))
        if scope is not None:
            statement = statement.where(incident.c.scope == scope)
        ordered = statement.order_by(incident.c.opened_at, incident.c.scope, incident.c.subject)
        with reading(self._engine) as connection:
            return cast("list[IncidentRow]", rows_of(connection, ordered))


def _believed(rows: Sequence[Any], channel: str) -> list[IncidentRow]:
    return [row for row in rows if channel in row["told"]]


def _one(scope: str, subject: str) -> Select[Any]:
    return select(incident).where(incident.c.scope == scope, incident.c.subject == subject)


def _opened(connection: Connection, scope: str, subject: str, at: datetime) -> IncidentRow:
    """Return the incident, locked; one that is new or closed begins at ``at`` with count 0."""
    new = IncidentRow(
        scope=scope, subject=subject, opened_at=at, last_seen=at, closed_at=at, count=0, told=[]
    )
    insert_missing(connection, incident, new)
    (row,) = _locked(connection, _one(scope, subject))
    return row if row["closed_at"] is None else {**new, "closed_at": None, "told": row["told"]}


def _locked(connection: Connection, statement: Select[Any]) -> list[IncidentRow]:
    """Return rows that nobody else changes before the transaction ends."""
    return cast("list[IncidentRow]", rows_of(connection, statement.with_for_update()))


def _store(connection: Connection, row: IncidentRow) -> None:
    key = incident.c.scope == row["scope"], incident.c.subject == row["subject"]
    connection.execute(update(incident).where(*key).values(dict(row)))
