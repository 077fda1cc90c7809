"""The state store on SQLite or PostgreSQL; implements ``leadsync.state.port.StateStore``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine

from leadsync.model import TABLES, Json, Table
from leadsync.state import (
    activities,
    cycles,
    erase,
    journal,
    links,
    marks,
    quarantine,
    quarantine_events,
    related,
    remembered,
    requests,
    retention,
)
from leadsync.state import lease as leases
from leadsync.state.bindings import SqlBindings
from leadsync.state.calls import SqlCalls
from leadsync.state.conflicts import naming_conflicts
from leadsync.state.engine import reading, writing
from leadsync.state.incidents import SqlIncidents
from leadsync.state.item_filter import Cause, ItemFilter
from leadsync.state.port import (
    ActivityRow,
    CycleRecord,
    CycleStatus,
    DeferredRow,
    IntentRow,
    JournalRow,
    Keep,
    Lease,
    LinkRow,
    LookupRow,
    MarkKind,
    QuarantineEventRow,
    QuarantineRow,
    QuarantineStatus,
    RelatedRow,
    Remembered,
    RequestRow,
    StateChanges,
    Values,
)

#: links that are in memory at a time while all are walked over.
LINKS_AT_ONCE = 5_000


class SqlStateStore:
    """State store over an engine whose tables are migrated (``leadsync.state.open``).

    Methods and errors are those of ``StateStore``; besides, every method raises
    ``ConfigurationError`` when the database cannot be reached or written.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.bindings = SqlBindings(engine)
        self.incidents = SqlIncidents(engine)
        self.calls = SqlCalls(engine)

    def close(self) -> None:
        """Close all connections; the store opens new ones when it is used again."""
        self.engine.dispose()

    def acquire_lease(
        self, name: str, owner: str, now: datetime, seconds: float, *, holder: str = ""
    ) -> Lease:
        with writing(self.engine) as connection:
            return leases.acquire(connection, name, owner, now=now, seconds=seconds, holder=holder)

    def renew_lease(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        with writing(self.engine) as connection:
            return leases.renew(connection, lease, now, seconds)

    def release_lease(self, lease: Lease) -> None:
        with writing(self.engine) as connection:
            leases.release(connection, lease)

    def current_lease(self, name: str) -> tuple[Lease, str] | None:
        with reading(self.engine) as connection:
            return leases.current(connection, name)

    def apply(self, changes: StateChanges, *, lease: Lease | None) -> None:
        with naming_conflicts(self.engine, changes), writing(self.engine) as connection:
            if lease is not None:
                leases.check(connection, lease)
            links.write_links(connection, changes.links)
            links.drop_base(connection, changes.base_dropped)
            links.merge_base(connection, changes.base)
            journal.write_intents(connection, changes.intents)
            journal.write_rows(connection, changes.journal)
            journal.remember_activities(connection, changes.seen_activities, changes.seen_before)
            quarantine.write_items(connection, changes.quarantine)
            quarantine_events.write(connection, changes.quarantine_events)
            quarantine.write_deferred(connection, changes.deferred_cleared, changes.deferred)
            activities.write(connection, changes.activities)
            requests.write(connection, changes.requests)
            related.write(connection, changes.related, changes.lookups)
            marks.write(connection, changes.marks_dropped, changes.marks)
            cycles.write(connection, changes.cycle)
            cycles.move_cursors(connection, changes.cursors_dropped, changes.cursors)

    def erase(
        self,
        marketo_ids: Sequence[int],
        dynamics_ids: Sequence[str],
        *,
        address: str | None = None,
    ) -> dict[str, int]:
        with writing(self.engine) as connection:
            return erase.erase(connection, marketo_ids, dynamics_ids, address)

    def forget(self, keep: Keep, most: int, *, lease: Lease | None) -> dict[str, int]:
        with writing(self.engine) as connection:
            if lease is not None:
                leases.check(connection, lease)
            return retention.forget(connection, keep, most)

    def links_with(self, address: str) -> list[LinkRow]:
        with reading(self.engine) as connection:
            return erase.links_with(connection, address)

    def cache_schema(self, name: str, body: Json, now: datetime) -> None:
        with writing(self.engine) as connection:
            cycles.keep_schema(connection, name, body, now)

    def cached_schema(self, name: str) -> tuple[datetime, Json] | None:
        with reading(self.engine) as connection:
            return cycles.schema(connection, name)

    def schemas_read(self) -> dict[str, datetime]:
        with reading(self.engine) as connection:
            return cycles.schemas_read(connection)

    def cursors(self) -> dict[str, str]:
        with reading(self.engine) as connection:
            return cycles.cursors(connection)

    def links_of_persons(self, marketo_ids: Sequence[int]) -> list[LinkRow]:
        with reading(self.engine) as connection:
            return links.of_persons(connection, marketo_ids)

    def links_of_rows(self, table: Table, dynamics_ids: Sequence[str]) -> list[LinkRow]:
        with reading(self.engine) as connection:
            return links.of_rows(connection, table, dynamics_ids)

    def live_links(self, table: Table, after: str = "") -> Iterator[LinkRow]:
        found = self._links_behind(after, LINKS_AT_ONCE, table)
        while found:
            yield from found
            found = self._links_behind(found[-1]["link_id"], LINKS_AT_ONCE, table)

    def links_after(self, link_id: str, limit: int) -> list[LinkRow]:
        return self._links_behind(link_id, limit, *TABLES)

    def _links_behind(self, after: str, limit: int, *tables: Table) -> list[LinkRow]:
        with reading(self.engine) as connection:
            return links.live_behind(connection, tables, after, limit)

    def base_of(self, link_ids: Sequence[str]) -> dict[str, Values]:
        with reading(self.engine) as connection:
            return links.base_of(connection, link_ids)

    def known_activities(self, guids: Iterable[str]) -> set[str]:
        with reading(self.engine) as connection:
            return journal.known_activities(connection, guids)

    def deferred(self) -> list[DeferredRow]:
        with reading(self.engine) as connection:
            return quarantine.all_deferred(connection)

    def intents(self, cycle_id: str, side: str) -> dict[str, str]:
        with reading(self.engine) as connection:
            return journal.intent_statuses(connection, cycle_id, side)

    def unconfirmed_pairs(self, dynamics_ids: Sequence[str] | None = None) -> list[IntentRow]:
        with reading(self.engine) as connection:
            return journal.unconfirmed_pairs(connection, dynamics_ids)

    def pending_updates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        with reading(self.engine) as connection:
            return journal.pending_updates(connection, marketo_ids)

    def unanswered_updates(
        self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str] = ()
    ) -> list[IntentRow]:
        with reading(self.engine) as connection:
            return journal.unanswered_updates(connection, marketo_ids, dynamics_ids)

    def unconfirmed_creates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        with reading(self.engine) as connection:
            return journal.unconfirmed_creates(connection, marketo_ids)

    def quarantine(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        ids: Sequence[str] | None = None,
        where: ItemFilter | None = None,
        limit: int | None = None,
    ) -> list[QuarantineRow]:
        with reading(self.engine) as connection:
            return quarantine.items(
                connection, statuses=statuses, ids=ids, where=where, limit=limit
            )

    def quarantine_causes(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        where: ItemFilter | None = None,
    ) -> list[Cause]:
        with reading(self.engine) as connection:
            return quarantine.causes(connection, statuses=statuses, where=where)

    def quarantine_events(self, item_ids: Sequence[str]) -> list[QuarantineEventRow]:
        with reading(self.engine) as connection:
            return quarantine_events.of_items(connection, item_ids)

    def activities(
        self,
        *,
        item_ids: Sequence[str] | None = None,
        unsent: bool = False,
        limit: int | None = None,
    ) -> list[ActivityRow]:
        with reading(self.engine) as connection:
            return activities.read(connection, item_ids=item_ids, unsent=unsent, limit=limit)

    def journal(
        self,
        *,
        marketo_ids: Sequence[int] = (),
        dynamics_ids: Sequence[str] = (),
        cycle_id: str | None = None,
        since: datetime | None = None,
    ) -> list[JournalRow]:
        with reading(self.engine) as connection:
            return journal.rows(
                connection,
                marketo_ids=marketo_ids,
                dynamics_ids=dynamics_ids,
                cycle_id=cycle_id,
                since=since,
            )

    def requests(
        self, *, waiting: bool = False, ids: Sequence[str] | None = None
    ) -> list[RequestRow]:
        with reading(self.engine) as connection:
            return requests.read(connection, waiting=waiting, ids=ids)

    def remembered(self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]) -> Remembered:
        with reading(self.engine) as connection:
            return remembered.read(connection, marketo_ids, dynamics_ids)

    def related(self, table: str, ids: Sequence[str]) -> list[RelatedRow]:
        with reading(self.engine) as connection:
            return related.read(connection, table, ids)

    def lookups_of(self, link_ids: Sequence[str]) -> list[LookupRow]:
        with reading(self.engine) as connection:
            return related.lookups_of(connection, link_ids)

    def links_referring(
        self, column: str, target_table: str, target_ids: Sequence[str]
    ) -> list[LinkRow]:
        with reading(self.engine) as connection:
            return related.links_referring(connection, column, target_table, target_ids)

    def marks(self, kind: MarkKind, key_hashes: Sequence[str]) -> set[str]:
        with reading(self.engine) as connection:
            return marks.found(connection, kind, key_hashes)

    def cycle(self, cycle_id: str) -> CycleRecord | None:
        with reading(self.engine) as connection:
            return cycles.one(connection, cycle_id)

    def cycles(self, limit: int = 20, *, status: CycleStatus | None = None) -> list[CycleRecord]:
        with reading(self.engine) as connection:
            return cycles.latest(connection, limit, status)

    def counts(self) -> dict[str, int]:
        with reading(self.engine) as connection:
            live = links.count_live(connection)
            return {
                "links_lead": live.get("lead", 0),
                "links_contact": live.get("contact", 0),
                "quarantine_open": quarantine.count_open(connection),
                "deferred": quarantine.count_deferred(connection),
                "requests_waiting": requests.count_waiting(connection),
                "activities_waiting": activities.count_unsent(connection),
            }
