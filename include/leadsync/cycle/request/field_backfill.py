"""Bring one field up to date for all linked pairs, nulls included (S120).

Where a pair has a base for the field, the merge decides as ever; where it has none, the field's
rule does (S049). A run that dies goes on behind the last chunk that it finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leadsync.clock import parse_instant
from leadsync.cycle.carried import Unfinished, person_key, row_key, unfinished
from leadsync.cycle.context import Engine
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.request.comparison import (
    CHUNK,
    Compared,
    Opener,
    chunks,
    compare,
    open_when_free,
)
from leadsync.errors import ConfigurationError
from leadsync.mapping.narrow import narrowed
from leadsync.mapping.plan import TablePlan
from leadsync.model import Json
from leadsync.state.port import LinkRow, StateChanges

#: before any Dynamics row.
_FIRST_ROW = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Rows that were created or changed in ``[start, end)``; an end that is ``None`` is open.

    :raises ConfigurationError: the start does not lie before the end.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ConfigurationError(
                f"The span {self.start} to {self.end} is empty or inverted.",
                remedy="Give a start that lies before the end.",
            )

    def holds(self, row: Json) -> bool:
        """Tell whether a row was created or last changed in the span."""
        moments = (row.get("createdon"), row.get("modifiedon"))
        return any(self._inside(parse_instant(moment)) for moment in moments if moment)

    def _inside(self, moment: datetime) -> bool:
        return (self.start is None or moment >= self.start) and (
            self.end is None or moment < self.end
        )


def backfill_field(
    engine: Engine,
    field: str,
    span: Span | None = None,
    *,
    chunk: int = CHUNK,
    opener: Opener = open_when_free,
) -> Compared:
    """Compare and write ``field`` alone, for all open links or those of a span.

    Records that wait in quarantine or for the next cycle are left to it: they are read on both
    sides then, with this field.

    :param field: Marketo REST name.
    :param chunk: pairs that one cycle compares.
    :param opener: opens each cycle in its turn.
    :raises MappingError: the field is not synchronised.
    :raises LeaseHeldError: another cycle did not end in time.
    """
    found, span = Compared(), span or Span()
    progress = _Progress.of(engine, field, span)
    for table in narrowed(load_plan(engine), field).tables.values():
        links = _of_span(engine, table, span, progress.after.get(table.table, ""))
        for part in chunks(links, chunk):
            ready = _ready(part, unfinished(engine))
            compare(
                engine,
                "field_backfill",
                ready,
                found,
                repair=True,
                only_field=field,
                opener=opener,
            )
            progress.reached(table.table, part[-1]["link_id"])
    progress.end()
    return found


def _of_span(engine: Engine, table: TablePlan, span: Span, after: str) -> Iterator[LinkRow]:
    """Walk over the links behind ``after`` whose rows were created or changed in the span."""
    links = engine.store.live_links(table.table, after)
    if span == Span():
        return links
    columns = (table.schema.primary_id, "createdon", "modifiedon")
    # What was created in the span may have changed since, but not before it.
    start, end = span.start or _FIRST_ROW, engine.clock.now() + timedelta(days=1)
    rows = engine.dynamics.rows_modified(table.table, columns, start, end)
    inside = {str(row[table.schema.primary_id]).lower() for row in rows if span.holds(row)}
    return (link for link in links if link["dynamics_id"] in inside)


def _ready(links: Iterable[LinkRow], pending: Unfinished) -> list[LinkRow]:
    return [
        link
        for link in links
        if not pending.concerns(person_key(link["marketo_id"]))
        and not pending.concerns(row_key(link["dynamics_table"], link["dynamics_id"]))
    ]


@dataclass(slots=True)
class _Progress:
    """How far a backfill of one field over one span has come, kept in the state store.

    :param after: the last link that was finished, by table.
    """

    engine: Engine
    name: str
    span: list[str | None]
    after: dict[str, str]

    @classmethod
    def of(cls, engine: Engine, field: str, span: Span) -> _Progress:
        """Read what an unfinished run of the same field and span has left."""
        name = f"field_backfill.{field}"
        key = [moment.isoformat() if moment else None for moment in (span.start, span.end)]
        stored = json.loads(engine.store.cursors().get(name, "{}"))
        after = stored.get("after", {}) if stored.get("span") == key else {}
        return cls(engine, name, key, after)

    def reached(self, table: str, link_id: str) -> None:
        """Remember that all links up to this one are done."""
        self.after[table] = link_id
        self._store({"span": self.span, "after": self.after})

    def end(self) -> None:
        """Let the next run begin anew."""
        self._store({})

    def _store(self, document: Json) -> None:
        cursors = {self.name: json.dumps(document)}
        self.engine.store.apply(StateChanges(cursors=cursors), lease=None)
