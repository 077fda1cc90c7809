"""Shapes of what the state store keeps.

Rows are ``TypedDict`` so that they reach ``executemany`` as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from leadsync.clock import parse_instant
from leadsync.model import Direction, Json

#: ``inactive``: the row is closed, so nothing is written to it. ``merged``: one of the two records
#: was merged into another that has a link of its own.
LinkStatus = Literal[
    "open",
    "out_of_scope",
    "inactive",
    "dynamics_deleted",
    "marketo_deleted",
    "converted",
    "merged",
]
#: statuses in which a person and a row belong together; at most one such link per person and row.
LIVE: tuple[LinkStatus, ...] = ("open", "out_of_scope", "inactive")

#: writes that join a person and a row.
MAKING = ("create", "link")
#: operations that change an existing record, and the states in which they may have gone through
#: unseen: a repeated update is refused (412) and deferred when its first try, without an answer,
#: succeeded; ``unlinked`` was answered before person and row were linked, so it left no base.
UPDATES = ("update", "link", "move")
UNANSWERED = ("pending", "deferred", "unlinked")

#: ``open``: held. ``released``: to be tried again, by a person's wish. ``retried``: tried, and its
#: write waits for the next cycle. Ends: ``recovered`` (written, or nothing is left to write),
#: ``discarded`` (given up by a person), ``superseded`` (its record went another way).
CycleStatus = Literal["open", "done", "failed"]

QuarantineStatus = Literal["open", "released", "retried", "recovered", "discarded", "superseded"]
#: statuses in which an item waits for its record; at most one such item per record key.
WAITING: tuple[QuarantineStatus, ...] = ("open", "released", "retried")
#: statuses in which an item is tried by the next cycle, changed or not.
ON_THEIR_WAY: tuple[QuarantineStatus, ...] = ("released", "retried")

ActivityStatus = Literal["waiting", "sending", "sent", "refused"]

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
    status: Literal["pending", "done", "unlinked", "refused", "deferred"]
    updated_at: datetime


class JournalRow(TypedDict):
    """One event in a person's story; ``field`` is ``None`` for events on the whole record.

    ``kind``: ``written``, ``collision``, ``no_base``, ``created``, ``linked``, ``link_closed``,
    ``flagged_deleted``, ``out_of_scope``, ``held``, ``restored``, ``deactivated``, ``merged``,
    ``undone``, ``warned`` (a broken rule that held nothing back). ``made_with``: what a ``created``
    record got, by field, if anything.
    ``side`` is the side that was written, ``None`` when nothing was: a user's change in Marketo
    that our write went over and that lost. Values are canonical: on the side that was written the
    one before, on the other side the one that was written.
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
    made_with: NotRequired[Values | None]


class FailureItem(TypedDict):
    """One failed rule, as ``leadsync quarantine list --json`` shows it (product.md, Shapes)."""

    field: str
    rule: str
    value: str | None
    limit: str | None
    message: str
    source: Literal["validation", "server"]


class QuarantineRow(TypedDict):
    """A failed row. ``record_key`` is unique among items that wait (``WAITING``).

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


QuarantineEventKind = Literal[
    "opened", "failed_again", "released", "retried", "fixed", "recovered", "discarded", "superseded"
]


class QuarantineEventRow(TypedDict):
    """What happened to a quarantine item: by a person (``actor``) or by a cycle (``cycle_id``).

    ``detail`` names rules, fields and systems, and never a value.
    """

    item_id: str
    at: datetime
    kind: QuarantineEventKind
    actor: str | None
    cycle_id: str | None
    detail: str | None


#: statuses of an activity that is still to be sent, or whose sending is in doubt.
UNSENT: tuple[ActivityStatus, ...] = ("waiting", "sending")


class ActivityRow(TypedDict):
    """What a person's activity log in Marketo is to say (semantics.md 7).

    :param key: names the quarantine item and the failure, so that each is told once.
    :param attributes: the activity's attributes, by API name.
    :param status: ``sending`` from before the call until its answer is stored, so that an activity
        whose answer was lost is looked for before it is sent again; ``refused``: given up, for the
        reason in ``error``.
    :param tried_at: when it was last sent: the activity's own time.
    :param due_at: not to be tried before.
    """

    key: str
    item_id: str
    kind: Literal["failed", "recovered"]
    marketo_id: int
    dynamics_id: str | None
    attributes: dict[str, str]
    status: ActivityStatus
    created_at: datetime
    tries: int
    tried_at: datetime | None
    due_at: datetime
    error: str | None


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
    status: CycleStatus
    window_from: datetime | None
    window_to: datetime
    opened_at: datetime
    closed_at: datetime | None = None
    run_id: str | None = None
    report: Json | None = None
    error: str | None = None

    @property
    def reached(self) -> datetime:
        """Up to when everything was read; before ``window_to`` where a backlog is left."""
        unread = ((self.report or {}).get("unread_since") or {}).values()
        return min([self.window_to, *map(parse_instant, unread)])


@dataclass(frozen=True, slots=True)
class Keep:
    """The time before which each kind of row may be forgotten.

    :param first_cycle: cycles before this id, which sorts by time, have intents to forget.
    """

    journal: datetime
    requests: datetime
    cycles: datetime
    quarantine: datetime
    first_cycle: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What concerns some records, each part in the order in which it came; items of any status."""

    quarantine: list[QuarantineRow]
    deferred: list[DeferredRow]
    requests: list[RequestRow]

    @property
    def waiting(self) -> list[QuarantineRow]:
        """The quarantine items that have no end yet."""
        return [item for item in self.quarantine if item["status"] in WAITING]


@dataclass(slots=True)
class StateChanges:
    """What one transaction stores; empty parts cost nothing.

    :param links: upserted by ``link_id``.
    :param base: merged into the stored base of each ``link_id``, field by field.
    :param base_dropped: links whose base is forgotten.
    :param intents: upserted by ``intent_id``.
    :param quarantine: upserted by ``id``.
    :param quarantine_events: added to the history of items that are stored, or are stored now.
    :param activities: upserted by ``key``.
    :param deferred: upserted by ``record_key``; ``deferred_cleared`` are removed first.
    :param seen_activities: GUID and activity time; those before ``seen_before`` are pruned.
    :param cursors: by name; ``cursors_dropped`` are removed first.
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
    quarantine_events: list[QuarantineEventRow] = field(default_factory=list)
    activities: list[ActivityRow] = field(default_factory=list)
    deferred: list[DeferredRow] = field(default_factory=list)
    deferred_cleared: list[str] = field(default_factory=list)
    seen_activities: dict[str, datetime] = field(default_factory=dict)
    seen_before: datetime | None = None
    cursors: dict[str, str] = field(default_factory=dict)
    cursors_dropped: list[str] = field(default_factory=list)
    requests: list[RequestRow] = field(default_factory=list)
    related: list[RelatedRow] = field(default_factory=list)
    lookups: list[LookupRow] = field(default_factory=list)
    marks: list[MarkRow] = field(default_factory=list)
    marks_dropped: list[tuple[MarkKind, str]] = field(default_factory=list)
    cycle: CycleRecord | None = None
