"""Protocol of the state store and the shapes that go in and out of it.

Reads are bulk; writes of a cycle go through :meth:`StateStore.apply`, one transaction each, fenced
by the lease. Rows are ``TypedDict`` so that they reach ``executemany`` as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypedDict

from leadsync.model import Direction, Json, Table

LinkStatus = Literal["open", "out_of_scope", "dynamics_deleted", "marketo_deleted", "converted"]
#: statuses in which a person and a row belong together; at most one such link per person and row.
LIVE: tuple[LinkStatus, ...] = ("open", "out_of_scope")

QuarantineStatus = Literal["open", "released", "retried", "recovered", "discarded", "superseded"]

#: canonical values by field (Marketo REST name); ``None`` is null. See docs/architecture.md.
Values = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on all pairs; ``token`` grows with every take-over (fencing)."""

    name: str
    owner: str
    token: int
    expires_at: datetime


class LinkRow(TypedDict):
    """A stored pair. ``etag`` is the Dynamics row's last known version."""

    link_id: str
    marketo_id: int
    dynamics_table: str
    dynamics_id: str
    status: LinkStatus
    etag: str | None
    cycle_id: str
    updated_at: datetime


class IntentRow(TypedDict):
    """A write about to be sent. ``intent_id`` is derived from cycle, record and body."""

    intent_id: str
    cycle_id: str
    side: str
    operation: str
    dynamics_table: str
    marketo_id: int | None
    dynamics_id: str | None
    body: Json
    status: Literal["pending", "done", "refused", "deferred"]
    updated_at: datetime


class JournalRow(TypedDict):
    """One event in a person's story; ``field`` is ``None`` for events on the whole record.

    ``kind``: ``written``, ``collision``, ``no_base``, ``created``, ``linked``, ``link_closed``,
    ``flagged_deleted``, ``out_of_scope``, ``held``, ``restored``.
    ``side`` is the side that was written; values are canonical.
    """

    cycle_id: str
    at: datetime
    kind: str
    side: str | None
    dynamics_table: str
    marketo_id: int | None
    dynamics_id: str | None
    field: str | None
    base: str | None
    marketo: str | None
    dynamics: str | None
    winner: str | None
    rule: str | None


class FailureItem(TypedDict):
    """One failed rule, as ``leadsync quarantine list --json`` shows it (product.md, Shapes)."""

    field: str
    rule: str
    value: str | None
    limit: str | None
    message: str
    source: Literal["validation", "server"]


class QuarantineRow(TypedDict):
    """A failed row. ``record_key`` is unique among items that are ``open`` or ``released``.

    ``record_key``: ``to_marketo:{table}:{dynamics_id}`` or ``to_dynamics:{marketo_id}``, plus
    ``:{field}`` for a held field. ``fingerprint`` covers the values written; ``rules_hash`` covers
    mapping and rules.
    """

    id: str
    record_key: str
    status: QuarantineStatus
    direction: Direction
    dynamics_table: str
    operation: str
    marketo_id: int | None
    dynamics_id: str | None
    fingerprint: str
    rules_hash: str
    row: Json
    failures: list[FailureItem]
    attempts: int
    first_seen: datetime
    last_seen: datetime
    cycle_id: str


class DeferredRow(TypedDict):
    """A record carried to the next cycle, with why; ``record_key`` as in quarantine."""

    record_key: str
    direction: Direction
    dynamics_table: str
    marketo_id: int | None
    dynamics_id: str | None
    reason: str
    since_cycle: str
    times: int


RequestAction = Literal["sync_person", "sync_now", "change_owner"]


class RequestRow(TypedDict):
    """A call for one named record, waiting for a cycle or answered by one (semantics.md 4).

    ``marketo_id`` names a person, or ``dynamics_table`` and ``dynamics_id`` a row.

    :param sync_as: ``lead`` or ``contact``, for ``sync_person``.
    :param assign_to: a Dynamics user, by id or e-mail address; ``None`` leaves the owner alone.
    :param outcome: ``created``, ``linked``, ``already_linked``, ``synced``, ``assigned``,
        ``quarantined``, ``refused``, ``ambiguous``, ``missing``; ``message`` says more to a person.
    """

    request_id: str
    action: RequestAction
    marketo_id: int | None
    dynamics_table: str | None
    dynamics_id: str | None
    sync_as: str | None
    assign_to: str | None
    status: Literal["waiting", "done", "failed"]
    outcome: str | None
    message: str | None
    cycle_id: str | None
    requested_at: datetime
    updated_at: datetime


class RelatedRow(TypedDict):
    """An account, user or team as it was last read, for the people who refer to it.

    ``fields``: canonical values by Marketo REST name. ``active``: not deleted, not disabled.
    """

    table: str
    id: str
    fields: Values
    active: bool


class LookupRow(TypedDict):
    """What a linked row refers to: ``column`` is ``parentcustomerid`` or ``ownerid``.

    ``target_table`` and ``target_id`` are ``None`` when the column is empty.
    """

    link_id: str
    column: str
    target_table: str | None
    target_id: str | None


MarkKind = Literal["erased", "opted_out"]


class MarkRow(TypedDict):
    """A fact about an e-mail address that outlives its records; only a hash of it is kept."""

    kind: MarkKind
    key_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CycleRecord:
    """One run of the pipeline. ``kind``: ``scheduled``, ``backfill``, ``manual``."""

    cycle_id: str
    kind: str
    status: Literal["open", "done", "failed"]
    window_from: datetime | None
    window_to: datetime
    opened_at: datetime
    closed_at: datetime | None = None
    run_id: str | None = None
    report: Json | None = None
    error: str | None = None


@dataclass(slots=True)
class StateChanges:
    """What one transaction stores; empty parts cost nothing.

    :param links: upserted by ``link_id``.
    :param base: merged into the stored base of each ``link_id``, field by field.
    :param base_dropped: links whose base is forgotten.
    :param intents: upserted by ``intent_id``.
    :param quarantine: upserted by ``id``.
    :param deferred: upserted by ``record_key``; ``deferred_cleared`` are removed first.
    :param seen_activities: GUID and activity time; those before ``seen_before`` are pruned.
    :param cursors: by name.
    :param requests: upserted by ``request_id``.
    :param related: upserted by table and id.
    :param lookups: upserted by link and column.
    :param marks: upserted by kind and hash; ``marks_dropped`` (kind and hash) are removed first.
    """

    links: list[LinkRow] = field(default_factory=list)
    base: dict[str, Values] = field(default_factory=dict)
    base_dropped: list[str] = field(default_factory=list)
    intents: list[IntentRow] = field(default_factory=list)
    journal: list[JournalRow] = field(default_factory=list)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    deferred: list[DeferredRow] = field(default_factory=list)
    deferred_cleared: list[str] = field(default_factory=list)
    seen_activities: dict[str, datetime] = field(default_factory=dict)
    seen_before: datetime | None = None
    cursors: dict[str, str] = field(default_factory=dict)
    requests: list[RequestRow] = field(default_factory=list)
    related: list[RelatedRow] = field(default_factory=list)
    lookups: list[LookupRow] = field(default_factory=list)
    marks: list[MarkRow] = field(default_factory=list)
    marks_dropped: list[tuple[MarkKind, str]] = field(default_factory=list)
    cycle: CycleRecord | None = None


class StateStore(Protocol):
    """Everything that leadsync remembers between cycles."""

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

    def erase(self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]) -> dict[str, int]:
        """Forget everything that these records left: links, base, journal, intents, quarantine,
        deferrals, requests, lookups (S081); returns removed rows by table.
        """
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

    def live_links(self, table: Table) -> list[LinkRow]:
        """Return all live links of a table."""
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

    def pending_creates(self, dynamics_ids: Sequence[str]) -> list[IntentRow]:
        """Return create intents of any cycle that were sent and never confirmed."""
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
        direction: Direction | None = None,
        table: Table | None = None,
        limit: int | None = None,
    ) -> list[QuarantineRow]:
        """Return quarantine items, newest first."""
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

    def cycles(self, limit: int = 20) -> list[CycleRecord]:
        """Return the latest cycles, newest first."""
        ...

    def counts(self) -> Mapping[str, int]:
        """Return row counts for the status page: live links by table, open quarantine, deferred."""
        ...
