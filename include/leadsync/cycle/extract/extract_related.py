"""Which accounts, users and teams changed, and those that rows refer to for the first time.

Only what people refer to is kept. Change tracking tells the changes; a table without it is asked
for what was modified, users and teams as rarely as schemas. A delta cannot tell which table a
lookup leads to (reference/dataverse-webapi.md 10.1), so an unknown id is looked for in each target.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from leadsync.clock import format_instant, parse_instant
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract.delta_read import cursor_name, follow
from leadsync.cycle.related.missing_lookups import awaited
from leadsync.cycle.related.related_values import RelatedSource, is_gone, related_plans, sources
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.related_fields import TARGETS
from leadsync.model import Json
from leadsync.state.port import QuarantineRow, RelatedRow, Values
from leadsync.values.marks import ABSENT

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_ID_OF_ROW = {"company": "account_id", "owner": "owner_id"}


@dataclass(slots=True)
class RelatedRead:
    """What was read; ``records`` and ``values`` make the frame ``related``.

    :param fields_anew: fields whose column was not read before.
    """

    records: list[Json] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    fields_anew: set[str] = field(default_factory=set)

    def found(self, row: RelatedRow) -> None:
        """Add a row with its current values."""
        self._add(row["table"], row["id"], "changed", row["fields"], active=row["active"])

    def without(self, table: str, row_id: str, event: str) -> None:
        """Add a row that is ``deleted`` or ``missing``."""
        self._add(table, row_id, event, {}, active=False)

    def _add(self, table: str, row_id: str, event: str, values: Values, *, active: bool) -> None:
        state = "true" if active else "false"
        self.records.append({"table": table, "id": row_id, "event": event, "active": state})
        self.values.append(values)

    @property
    def ids(self) -> set[str]:
        """Ids of the rows that can be read."""
        return {record["id"] for record in self.records if record["event"] == "changed"}


def read_related(
    engine: Engine,
    cycle: Cycle,
    plan: SyncPlan,
    rows: Sequence[Json],
    quarantine: Iterable[QuarantineRow],
) -> RelatedRead:
    """Read what the mapped sections need; without any, nothing.

    :param rows: the extracted leads and contacts.
    :param quarantine: open items; some wait for an account.
    """
    read = RelatedRead()
    waited_for = awaited(quarantine)
    for section, related in related_plans(plan):
        column = _ID_OF_ROW[section]
        ids = {row.get(column) for row in rows} | waited_for
        referred = {row_id for row_id in ids if row_id is not None and row_id != ABSENT}
        reader = _SectionReader(engine, cycle, read, referred)
        for source in sources(related):
            reader.feed(source)
        reader.ask(sources(related), TARGETS[section])
    return read


@dataclass(slots=True)
class _SectionReader:
    """Reads the tables of one section."""

    engine: Engine
    cycle: Cycle
    read: RelatedRead
    referred: set[str]
    settled: set[str] = field(default_factory=set)

    def feed(self, source: RelatedSource) -> None:
        """Take what changed in a table, as far as people refer to it."""
        changed, deleted = self._changes(source)
        ids = [row["id"] for row in changed] + list(deleted)
        known = self._stored(source.table, ids)
        for row in changed:
            if row["id"] in known or row["id"] in self.referred:
                before = None if self.cycle.kind == "backfill" else known.get(row["id"])
                self._take(row, before)
        for row_id in deleted:
            self.settled.add(row_id)
            if row_id in known and not is_gone(known[row_id]):
                self.read.without(source.table, row_id, "deleted")

    def ask(self, known_sources: Sequence[RelatedSource], targets: Sequence[str]) -> None:
        """Read what is referred to and not known yet; a cycle that moves no cursor reads all."""
        asked = sorted(self.referred - self.settled)
        stored: dict[str, RelatedRow] = {}
        for table in targets:
            stored.update(self._stored(table, asked))
        gone = {row_id for row_id, row in stored.items() if is_gone(row)}
        if self.cycle.trusts_related:
            self.settled |= stored.keys() - gone
        by_table = {source.table: source for source in known_sources}
        for table in targets:
            unknown = sorted(self.referred - self.settled)
            if unknown:
                for row in self._ask_table(table, by_table.get(table), unknown):
                    self._take(row, stored.get(row["id"]))
        for row_id in sorted(self.referred - self.settled - gone):
            self.read.without(targets[0], row_id, "missing")

    def _ask_table(
        self, table: str, source: RelatedSource | None, ids: list[str]
    ) -> Iterator[RelatedRow]:
        """Read rows; of a table that fills no field it only counts which of them are its own."""
        columns = source.columns if source else (f"{table}id",)
        for raw in self.engine.dynamics.rows_by_id(table, ids, columns):
            row_id = str(raw[columns[0]]).lower()
            plain = RelatedRow(table=table, id=row_id, fields={}, active=True)
            yield source.row(raw) if source else plain

    def _take(self, row: RelatedRow, stored: RelatedRow | None) -> None:
        self.settled.add(row["id"])
        if row != stored:
            self.read.found(row)

    def _stored(self, table: str, ids: Sequence[str]) -> dict[str, RelatedRow]:
        return {row["id"]: row for row in self.engine.store.related(table, ids)} if ids else {}

    # ------------------------------------------------------------ feeds

    def _changes(self, source: RelatedSource) -> tuple[list[RelatedRow], tuple[str, ...]]:
        """Return changed rows and the ids of deleted ones."""
        if not self.cycle.reads_feeds:
            return [], ()
        if self.cycle.kind == "backfill" and self.cycle.window_from is not None:
            return self._modified(source, self.cycle.window_from, self.cycle.window_to), ()
        stored = json.loads(self.engine.store.cursors().get(cursor_name(source.table), "{}"))
        self._note_new_fields(source, stored)
        if not source.tracked:
            return self._since_last_time(source, stored), ()
        delta = follow(self.engine, self.cycle, source.table, source.columns, stored)
        self._set_cursor(source, link=delta.delta_link)
        return [source.row(raw) for raw in delta.rows], delta.deleted

    def _since_last_time(self, source: RelatedSource, stored: Json) -> list[RelatedRow]:
        settings, now = self.engine.settings, self.cycle.opened_at
        same = stored.get("select") == list(source.columns) and "until" in stored
        since = parse_instant(stored["until"]) if same else _BEGINNING
        pause = timedelta(seconds=settings.schema_ttl_seconds if source.seldom else 0)
        if same and now - since < pause:
            return []
        self._set_cursor(source, until=format_instant(now))
        overlap = timedelta(seconds=settings.overlap_seconds) if same else timedelta()
        return self._modified(source, since - overlap, now + timedelta(seconds=1))

    def _modified(self, source: RelatedSource, start: datetime, end: datetime) -> list[RelatedRow]:
        rows = self.engine.dynamics.rows_modified(source.table, source.columns, start, end)
        return [source.row(raw) for raw in rows]

    def _note_new_fields(self, source: RelatedSource, stored: Json) -> None:
        if "select" in stored and source.table == source.plan.schema.name:
            self.read.fields_anew |= {
                one.name
                for one in source.plan.fields
                if one.column.read_name not in stored["select"]
            }

    def _set_cursor(self, source: RelatedSource, **position: str) -> None:
        cursor = {"select": list(source.columns), **position}
        self.read.cursors[cursor_name(source.table)] = json.dumps(cursor)
