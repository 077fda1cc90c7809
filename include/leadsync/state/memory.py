"""The state store in plain dictionaries, for simulation and fast tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, cast

from leadsync.model import Json, Table
from leadsync.state import conflicts, remembered
from leadsync.state.item_filter import Cause, ItemFilter
from leadsync.state.links import base_without_link
from leadsync.state.memory_activities import MemoryActivities
from leadsync.state.memory_bindings import MemoryBindings
from leadsync.state.memory_calls import MemoryCalls
from leadsync.state.memory_incidents import MemoryIncidents
from leadsync.state.memory_intents import MemoryIntents
from leadsync.state.memory_leases import MemoryLeases
from leadsync.state.memory_links import LinkIndex
from leadsync.state.memory_quarantine import MemoryQuarantine
from leadsync.state.memory_requests import MemoryRequests
from leadsync.state.mentions import mentions
from leadsync.state.port import (
    LIVE,
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
from leadsync.state.retention import oldest
from leadsync.values.keys import email_key

_Row = TypeVar("_Row", bound=Mapping[str, Any])


class MemoryStateStore:
    """Implements ``StateStore`` with the same promises as ``SqlStateStore``, in one process.

    Rows are copied on the way in and out, so that nobody shares them.
    """

    def __init__(self) -> None:
        self._leases = MemoryLeases()
        self._links = LinkIndex()
        self._base: dict[str, Values] = {}
        self._intents = MemoryIntents()
        self._journal: list[JournalRow] = []
        self._quarantine = MemoryQuarantine()
        self._deferred: dict[str, DeferredRow] = {}
        self._seen: dict[str, datetime] = {}
        self._cursors: dict[str, str] = {}
        self._cycles: dict[str, CycleRecord] = {}
        self._schemas: dict[str, tuple[datetime, str]] = {}
        self._requests = MemoryRequests()
        self.bindings = MemoryBindings()
        self.incidents = MemoryIncidents()
        self._activities = MemoryActivities()
        self.calls = MemoryCalls(self._requests.requests)

    @classmethod
    def knowing(cls, other: MemoryStateStore) -> MemoryStateStore:
        """Return an empty store that has cached the same schemas as ``other``."""
        store = cls()
        store._schemas.update(other._schemas)
        return store

    def acquire_lease(
        self, name: str, owner: str, now: datetime, seconds: float, *, holder: str = ""
    ) -> Lease:
        return self._leases.acquire(name, owner, now, seconds, holder=holder)

    def renew_lease(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        return self._leases.renew(lease, now, seconds)

    def release_lease(self, lease: Lease) -> None:
        self._leases.release(lease)

    def current_lease(self, name: str) -> tuple[Lease, str] | None:
        return self._leases.current(name)

    def apply(self, changes: StateChanges, *, lease: Lease | None) -> None:
        if lease is not None:
            self._leases.check(lease)
        self._refuse_conflicts(changes)
        self._links.write(changes.links)
        self._write_base(changes)
        self._intents.write(changes.intents)
        self._journal.extend(map(_journalled, changes.journal))
        self._quarantine.apply(changes)
        for key in changes.deferred_cleared:
            self._deferred.pop(key, None)
        for row in changes.deferred:
            self._deferred[row["record_key"]] = row.copy()
        self._remember_activities(changes)
        for name in changes.cursors_dropped:
            self._cursors.pop(name, None)
        self._cursors.update(changes.cursors)
        self._requests.apply(changes)
        self._activities.write(changes.activities)
        if changes.cycle is not None:
            self._cycles[changes.cycle.cycle_id] = _own_report(changes.cycle)

    def forget(self, keep: Keep, most: int, *, lease: Lease | None) -> dict[str, int]:
        if lease is not None:
            self._leases.check(lease)
        is_old = oldest("journal", keep, most)
        journal = [row for row in self._journal[:most] if not is_old(row)]
        before = len(self._journal)
        self._journal[:most] = journal
        ended = {i: r for i, r in self._cycles.items() if r.status != "open"}
        cycles = [i for i, record in ended.items() if record.opened_at < keep.cycles]
        requests = self._requests.requests
        return {
            "journal": before - len(self._journal),
            "intent": self._intents.remove(oldest("intent", keep, most)),
            "request": _removed_where(requests, oldest("request", keep, most)),
            "cycle": _removed(self._cycles, cycles[:most]),
            "quarantine": self._quarantine.remove(oldest("quarantine", keep, most)),
            "person_activity": self._activities.remove(
                oldest("person_activity", keep, most), self._quarantine.ids
            ),
        }

    def links_with(self, address: str) -> list[LinkRow]:
        return self._links.matching(
            lambda link: email_key(self._base.get(link["link_id"], {}).get("email")) == address
        )

    def erase(
        self,
        marketo_ids: Sequence[int],
        dynamics_ids: Sequence[str],
        *,
        address: str | None = None,
    ) -> dict[str, int]:
        persons, rows = set(marketo_ids), set(dynamics_ids)

        def names(row: Mapping[str, Any]) -> bool:
            named = row["marketo_id"] in persons or row["dynamics_id"] in rows
            return named or (address is not None and mentions(row, address))

        links = self._links.matching(names)
        gone = {link["link_id"] for link in links}
        lookups = {key for key in self._requests.lookups if key[0] in gone}
        self._links.remove(links)
        for link_id in gone:
            self._base.pop(link_id, None)
        journal = [row for row in self._journal if names(row)]
        self._journal = [row for row in self._journal if not names(row)]
        return {
            "lookup": _removed(self._requests.lookups, lookups),
            "intent": self._intents.remove(names),
            "journal": len(journal),
            "quarantine": self._quarantine.remove(names),
            "person_activity": _removed_where(self._activities.rows, names),
            "deferred": _removed_where(self._deferred, names),
            "request": _removed_where(self._requests.requests, names),
            "call_item": self.calls.erase(persons),
            "link": len(links),
        }

    def cache_schema(self, name: str, body: Json, now: datetime) -> None:
        self._schemas[name] = (now, json.dumps(body))

    def cached_schema(self, name: str) -> tuple[datetime, Json] | None:
        found = self._schemas.get(name)
        return (found[0], json.loads(found[1])) if found else None

    def schemas_read(self) -> dict[str, datetime]:
        return {name: read_at for name, (read_at, _) in self._schemas.items()}

    def cursors(self) -> dict[str, str]:
        return dict(self._cursors)

    def links_of_persons(self, marketo_ids: Sequence[int]) -> list[LinkRow]:
        return self._links.of_persons(marketo_ids)

    def links_of_rows(self, table: Table, dynamics_ids: Sequence[str]) -> list[LinkRow]:
        return self._links.of_rows(table, dynamics_ids)

    def live_links(self, table: Table, after: str = "") -> Iterator[LinkRow]:
        return iter(self._links.live(table, after))

    def links_after(self, link_id: str, limit: int) -> list[LinkRow]:
        return self._links.after(link_id, limit)

    def base_of(self, link_ids: Sequence[str]) -> dict[str, Values]:
        return {i: dict(self._base[i]) for i in link_ids if i in self._base}

    def known_activities(self, guids: Iterable[str]) -> set[str]:
        return {guid for guid in guids if guid in self._seen}

    def deferred(self) -> list[DeferredRow]:
        return [self._deferred[key].copy() for key in sorted(self._deferred)]

    def intents(self, cycle_id: str, side: str) -> dict[str, str]:
        return self._intents.statuses(cycle_id, side)

    def unconfirmed_pairs(self, dynamics_ids: Sequence[str] | None = None) -> list[IntentRow]:
        return self._intents.unconfirmed_pairs(dynamics_ids)

    def unanswered_updates(
        self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str] = ()
    ) -> list[IntentRow]:
        return self._intents.unanswered_updates(marketo_ids, dynamics_ids)

    def unconfirmed_creates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        return self._intents.unconfirmed_creates(marketo_ids)

    def pending_updates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        return self._intents.pending_updates(marketo_ids)

    def quarantine(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        ids: Sequence[str] | None = None,
        where: ItemFilter | None = None,
        limit: int | None = None,
    ) -> list[QuarantineRow]:
        return self._quarantine.find(statuses=statuses, ids=ids, where=where, limit=limit)

    def quarantine_causes(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        where: ItemFilter | None = None,
    ) -> list[Cause]:
        return self._quarantine.causes(statuses=statuses, where=where)

    def quarantine_events(self, item_ids: Sequence[str]) -> list[QuarantineEventRow]:
        return self._quarantine.events(item_ids)

    def activities(
        self,
        *,
        item_ids: Sequence[str] | None = None,
        unsent: bool = False,
        limit: int | None = None,
    ) -> list[ActivityRow]:
        return self._activities.find(item_ids=item_ids, unsent=unsent, limit=limit)

    def journal(
        self,
        *,
        marketo_ids: Sequence[int] = (),
        dynamics_ids: Sequence[str] = (),
        cycle_id: str | None = None,
        since: datetime | None = None,
    ) -> list[JournalRow]:
        persons, rows = set(marketo_ids), set(dynamics_ids)
        found = [
            _journalled(row)
            for row in self._journal
            if (cycle_id is None or row["cycle_id"] == cycle_id)
            and (since is None or row["at"] >= since)
            and (
                not (persons or rows) or row["marketo_id"] in persons or row["dynamics_id"] in rows
            )
        ]
        return sorted(found, key=lambda row: row["at"])

    def requests(
        self, *, waiting: bool = False, ids: Sequence[str] | None = None
    ) -> list[RequestRow]:
        return self._requests.find(waiting=waiting, ids=ids)

    def remembered(self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]) -> Remembered:
        items, requests = self._quarantine.find(), self.requests()
        return remembered.of(items, self.deferred(), requests, marketo_ids, dynamics_ids)

    def related(self, table: str, ids: Sequence[str]) -> list[RelatedRow]:
        return self._requests.related(table, ids)

    def lookups_of(self, link_ids: Sequence[str]) -> list[LookupRow]:
        return self._requests.lookups_of(link_ids)

    def links_referring(
        self, column: str, target_table: str, target_ids: Sequence[str]
    ) -> list[LinkRow]:
        found = self._links.of_ids(self._requests.referring(column, target_table, target_ids))
        return [row for row in found if row["status"] in LIVE]

    def marks(self, kind: MarkKind, key_hashes: Sequence[str]) -> set[str]:
        return self._requests.marks(kind, key_hashes)

    def cycle(self, cycle_id: str) -> CycleRecord | None:
        found = self._cycles.get(cycle_id)
        return _own_report(found) if found else None

    def cycles(self, limit: int = 20, *, status: CycleStatus | None = None) -> list[CycleRecord]:
        found = (c for c in self._cycles.values() if status is None or c.status == status)
        ordered = sorted(found, key=_opened, reverse=True)
        return [_own_report(record) for record in ordered[:limit]]

    def counts(self) -> dict[str, int]:
        return {
            "links_lead": len(self._links.live("lead")),
            "links_contact": len(self._links.live("contact")),
            "quarantine_open": len(self._quarantine.find(statuses=["open"])),
            "deferred": len(self._deferred),
            "requests_waiting": len(self._requests.find(waiting=True, ids=None)),
            "activities_waiting": self._activities.count_unsent(),
        }

    def _refuse_conflicts(self, changes: StateChanges) -> None:
        after: dict[str, LinkRow] = {}
        if changes.links:
            after.update((row["link_id"], row) for row in self._links.near(changes.links))
            after.update((row["link_id"], row) for row in changes.links)
        conflict = conflicts.link_conflict(after.values()) if after else None
        conflict = conflict or self._quarantine.conflict(changes)
        if conflict:
            raise conflict
        for link_id in sorted(changes.base):
            if link_id not in after and link_id not in self._links:
                raise base_without_link(link_id)

    def _write_base(self, changes: StateChanges) -> None:
        for link_id in changes.base_dropped:
            self._base.pop(link_id, None)
        for link_id, values in changes.base.items():
            self._base[link_id] = {**self._base.get(link_id, {}), **values}

    def _remember_activities(self, changes: StateChanges) -> None:
        self._seen.update(changes.seen_activities)
        before = changes.seen_before
        if before is not None:
            self._seen = {guid: at for guid, at in self._seen.items() if at >= before}


def _own_report(record: CycleRecord) -> CycleRecord:
    """Return the record with a report that nobody else can change."""
    return replace(record, report=_own(record.report)) if record.report else record


def _journalled(row: JournalRow) -> JournalRow:
    made_with = row.get("made_with")
    return {**row, "made_with": None if made_with is None else dict(made_with)}


def _opened(record: CycleRecord) -> tuple[datetime, str]:
    return record.opened_at, record.cycle_id


def _removed(rows: dict[Any, Any], keys: Iterable[Any]) -> int:
    """Remove the rows under ``keys``; returns how many."""
    return sum(rows.pop(key, None) is not None for key in list(keys))


def _removed_where(rows: dict[Any, Any], condition: Callable[[Any], bool]) -> int:
    return _removed(rows, [key for key, row in rows.items() if condition(row)])


def _copied(row: _Row) -> _Row:
    """Return a copy of a row, including the documents inside it."""
    return cast("_Row", _own(row))


def _own(document: Any) -> Any:
    """Return a copy of a JSON document; ``deepcopy`` does the same, slowly."""
    kind = type(document)
    if kind is dict:
        return {
            name: _own(value) if type(value) in _CONTAINERS else value
            for name, value in document.items()
        }
    if kind is list:
        return [_own(value) if type(value) in _CONTAINERS else value for value in document]
    return document


_CONTAINERS = frozenset({dict, list})
