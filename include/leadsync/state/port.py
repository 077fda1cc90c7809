"""Protocol of the state store; the shapes that go in and out of it are in ``state/rows.py``.

Reads are bulk; writes of a cycle go through :meth:`StateStore.apply`, one transaction each, fenced
by the lease.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from leadsync.model import Json, Table
from leadsync.state.binding_book import BindingBook
from leadsync.state.call_port import CallStore
from leadsync.state.incident_book import IncidentBook
from leadsync.state.item_filter import Cause, ItemFilter
from leadsync.state.rows import (
    LIVE,
    ActivityRow,
    CycleRecord,
    CycleStatus,
    DeferredRow,
    FailureItem,
    IntentRow,
    JournalRow,
    Keep,
    Lease,
    LinkRow,
    LinkStatus,
    LookupRow,
    MarkKind,
    MarkRow,
    QuarantineEventRow,
    QuarantineRow,
    QuarantineStatus,
    RelatedRow,
    Remembered,
    RequestAction,
    RequestRow,
    StateChanges,
    Values,
)

__all__ = [
    "LIVE",
    "ActivityRow",
    "CycleRecord",
    "CycleStatus",
    "DeferredRow",
    "FailureItem",
    "IntentRow",
    "JournalRow",
    "Keep",
    "Lease",
    "LinkRow",
    "LinkStatus",
    "LookupRow",
    "MarkKind",
    "MarkRow",
    "QuarantineEventRow",
    "QuarantineRow",
    "QuarantineStatus",
    "RelatedRow",
    "Remembered",
    "RequestAction",
    "RequestRow",
    "StateChanges",
    "StateStore",
    "Values",
]


class StateStore(Protocol):
    """Everything that leadsync remembers between cycles."""

    @property
    def bindings(self) -> BindingBook:
        """The systems whose ids are stored here."""
        ...

    @property
    def incidents(self) -> IncidentBook:
        """What alerts are about, and who was told."""
        ...

    @property
    def calls(self) -> CallStore:
        """Calls of the flow step and of webhooks, and the callbacks that are owed."""
        ...

    # -- lease (semantics.md 3): one cycle at a time; a stale lease is taken over
    def acquire_lease(
        self, name: str, owner: str, now: datetime, seconds: float, *, holder: str = ""
    ) -> Lease:
        """Take the lease, or take over an expired one, raising its token.

        The same ``owner`` gets its own lease again with the same token. ``holder`` is free text for
        people (host and process).

        :raises LeaseHeldError: another owner holds it and it has not expired; names owner, holder
            and expiry.
        """
        ...

    def renew_lease(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        """Extend the lease, even an expired one, as long as nobody took it over.

        :raises LeaseLostError: its token is no longer current.
        """
        ...

    def release_lease(self, lease: Lease) -> None:
        """Give the lease back; a lost lease is left alone."""
        ...

    def current_lease(self, name: str) -> tuple[Lease, str] | None:
        """Return the lease and its holder, expired or not, or ``None`` when nobody has it."""
        ...

    # -- writes
    def apply(self, changes: StateChanges, *, lease: Lease | None) -> None:
        """Store ``changes`` in one transaction.

        :raises LeaseLostError: ``lease`` is given and no longer current; nothing is stored.
        """
        ...

    def erase(
        self,
        marketo_ids: Sequence[int],
        dynamics_ids: Sequence[str],
        *,
        address: str | None = None,
    ) -> dict[str, int]:
        """Forget everything that these records left: links, base, journal, intents, quarantine,
        deferrals, requests, lookups, persons of calls (S081); returns removed rows by table.

        :param address: an e-mail key; journal rows, intents and quarantine that name it go as well.
        """
        ...

    def forget(self, keep: Keep, most: int, *, lease: Lease | None) -> dict[str, int]:
        """Remove rows older than ``keep`` says, at most ``most`` a table; returns how many of each.

        :raises LeaseLostError: ``lease`` is given and no longer current; nothing is removed.
        """
        ...

    def links_with(self, address: str) -> list[LinkRow]:
        """Return links of any status whose base holds this e-mail key."""
        ...

    def cache_schema(self, name: str, body: Json, now: datetime) -> None:
        """Keep a schema read from a system, replacing the one under ``name``."""
        ...

    # -- reads
    def cached_schema(self, name: str) -> tuple[datetime, Json] | None:
        """Return when the schema under ``name`` was read, and the schema."""
        ...

    def schemas_read(self) -> dict[str, datetime]:
        """Return when each cached schema was read, by name."""
        ...

    def cursors(self) -> dict[str, str]:
        """Return all cursors by name."""
        ...

    def links_of_persons(self, marketo_ids: Sequence[int]) -> list[LinkRow]:
        """Return links of any status for the persons."""
        ...

    def links_of_rows(self, table: Table, dynamics_ids: Sequence[str]) -> list[LinkRow]:
        """Return links of any status for the rows."""
        ...

    def live_links(self, table: Table, after: str = "") -> Iterator[LinkRow]:
        """Walk over the live links of a table in the order of their ids, some thousand at a time.

        :param after: the id behind which to begin.
        """
        ...

    def links_after(self, link_id: str, limit: int) -> list[LinkRow]:
        """Return the next live links of both tables, in the order of their ids."""
        ...

    def base_of(self, link_ids: Sequence[str]) -> dict[str, Values]:
        """Return the base by link; links without one are left out."""
        ...

    def known_activities(self, guids: Iterable[str]) -> set[str]:
        """Return those GUIDs that were processed already."""
        ...

    def deferred(self) -> list[DeferredRow]:
        """Return all carried records."""
        ...

    def intents(self, cycle_id: str, side: str) -> dict[str, str]:
        """Return the status of the cycle's intents on one side, by ``intent_id``."""
        ...

    def unconfirmed_pairs(self, dynamics_ids: Sequence[str] | None = None) -> list[IntentRow]:
        """Return creates and links of any cycle that were sent and never confirmed.

        :param dynamics_ids: the rows that they concern; default: all of them.
        """
        ...

    def unanswered_updates(
        self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str] = ()
    ) -> list[IntentRow]:
        """Return updates of the pairs of these persons or rows, on either side, that were sent and
        never confirmed, oldest first.
        """
        ...

    def unconfirmed_creates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        """Return creates of Dynamics rows for these persons, of any cycle, that were sent and never
        confirmed, oldest first.
        """
        ...

    def pending_updates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        """Return updates of these persons in Marketo that were sent and never confirmed."""
        ...

    def quarantine(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        ids: Sequence[str] | None = None,
        where: ItemFilter | None = None,
        limit: int | None = None,
    ) -> list[QuarantineRow]:
        """Return quarantine items that meet all conditions given, newest first."""
        ...

    def quarantine_causes(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        where: ItemFilter | None = None,
    ) -> list[Cause]:
        """Return why items are in quarantine, the most frequent cause first.

        An item that failed several rules counts for each of them that meets ``where``.
        """
        ...

    def quarantine_events(self, item_ids: Sequence[str]) -> list[QuarantineEventRow]:
        """Return what happened to the items, in the order in which it did."""
        ...

    def activities(
        self,
        *,
        item_ids: Sequence[str] | None = None,
        unsent: bool = False,
        limit: int | None = None,
    ) -> list[ActivityRow]:
        """Return activities for persons' logs in the order in which they are to be sent.

        :param item_ids: those of these quarantine items only.
        :param unsent: those only that are still to be sent, or whose sending is in doubt.
        """
        ...

    def journal(
        self,
        *,
        marketo_ids: Sequence[int] = (),
        dynamics_ids: Sequence[str] = (),
        cycle_id: str | None = None,
        since: datetime | None = None,
    ) -> list[JournalRow]:
        """Return journal rows in order of time, those of ``since`` and later."""
        ...

    def requests(
        self, *, waiting: bool = False, ids: Sequence[str] | None = None
    ) -> list[RequestRow]:
        """Return requests in the order in which they came: those waiting, or those named."""
        ...

    def remembered(self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]) -> Remembered:
        """Return quarantine items, carried records and requests of any of these records."""
        ...

    def related(self, table: str, ids: Sequence[str]) -> list[RelatedRow]:
        """Return accounts, users or teams as they were last read."""
        ...

    def lookups_of(self, link_ids: Sequence[str]) -> list[LookupRow]:
        """Return what the rows of these links refer to."""
        ...

    def links_referring(
        self, column: str, target_table: str, target_ids: Sequence[str]
    ) -> list[LinkRow]:
        """Return the live links whose row refers to one of the targets."""
        ...

    def marks(self, kind: MarkKind, key_hashes: Sequence[str]) -> set[str]:
        """Return those hashes that carry a mark of ``kind``."""
        ...

    def cycle(self, cycle_id: str) -> CycleRecord | None:
        """Return one cycle."""
        ...

    def cycles(self, limit: int = 20, *, status: CycleStatus | None = None) -> list[CycleRecord]:
        """Return the latest cycles, newest first; only those with ``status``, if one is given."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return row counts for the status page: live links by table, open quarantine, deferred,
        waiting requests and activities.
        """
        ...
