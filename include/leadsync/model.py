"""Shapes that the clients, the engine and the simulation agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Json = dict[str, Any]
Table = Literal["lead", "contact"]
System = Literal["marketo", "dynamics"]
Direction = Literal["to_marketo", "to_dynamics"]
SYSTEMS: tuple[System, ...] = ("marketo", "dynamics")
#: the direction in which a system is written.
TOWARDS: dict[System, Direction] = {"marketo": "to_marketo", "dynamics": "to_dynamics"}

TABLES: tuple[Table, ...] = ("lead", "contact")

#: leadsync's own fields on a Marketo person (semantics.md 1).
MARKETO_DYNAMICS_ID = "leadsyncDynamicsId"
MARKETO_DYNAMICS_TYPE = "leadsyncDynamicsType"
MARKETO_DYNAMICS_DELETED = "leadsyncDynamicsDeleted"
MARKETO_DYNAMICS_CREATED_AT = "leadsyncDynamicsCreatedAt"
MARKETO_OWN_FIELDS = (
    MARKETO_DYNAMICS_ID,
    MARKETO_DYNAMICS_TYPE,
    MARKETO_DYNAMICS_DELETED,
    MARKETO_DYNAMICS_CREATED_AT,
)
#: leadsync's own custom activity types, by API name (semantics.md 7).
MARKETO_SYNC_FAILED = "leadsyncSyncFailed"
MARKETO_SYNC_RECOVERED = "leadsyncSyncRecovered"
#: leadsync's own columns on a Dynamics lead or contact (semantics.md 1).
DYNAMICS_MARKETO_ID = "new_marketoid"
DYNAMICS_MARKETO_ID_KEY = "new_marketoid_key"
DYNAMICS_SYNC_FLAG = "new_synctomkto"


@dataclass(frozen=True, slots=True)
class Duration:
    """What a number of calls takes: seconds at the limits, and the share of a day's calls."""

    seconds: float
    share_of_day: float | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast calls to a system may go: ``calls`` in ``seconds``, and ``per_day`` of them."""

    calls: int
    seconds: float
    per_day: int | None = None

    def take(self, number: int) -> Duration:
        """Return what ``number`` calls take."""
        share = number / self.per_day if self.per_day else None
        return Duration(number * self.seconds / self.calls, share)


# ---------------------------------------------------------------- schemas


@dataclass(frozen=True, slots=True)
class MarketoField:
    """A person field that REST can see (reference/marketo-rest.md 7.1).

    :param data_type: ``string``, ``text``, ``email``, ``phone``, ``url``, ``integer``, ``float``,
        ``currency``, ``percent``, ``score``, ``boolean``, ``date``, ``datetime``, ``reference``
    :param length: characters; ``None`` where describe gives none.
    """

    name: str
    display_name: str
    data_type: str
    length: int | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class OptionValue:
    """One value of a choice column; ``state`` is set for status reasons."""

    value: int
    label: str
    state: int | None = None


@dataclass(frozen=True, slots=True)
class DynamicsColumn:
    """A Dataverse column with what the server enforces (reference/dataverse-webapi.md 9, 19).

    :param type: ``String``, ``Memo``, ``Picklist``, ``State``, ``Status``, ``MultiSelectPicklist``,
        ``Boolean``, ``Integer``, ``BigInt``, ``Double``, ``Decimal``, ``Money``, ``DateTime``,
        ``Uniqueidentifier``, ``Lookup``, ``Customer``, ``Owner``.
    :param required: ``None``, ``Recommended``, ``ApplicationRequired``, ``SystemRequired``.
    :param format: ``Email``, ``Url``, ``Phone``, ``Text``, ``TextArea``, ``DateOnly``, ...
    :param date_behavior: ``UserLocal``, ``DateOnly``, ``TimeZoneIndependent``.
    :param computed: calculated, rollup or stamped by the platform: never writable.
    :param secured: under column security, where null may mean that it is not ours to see.
    """

    name: str
    display_name: str
    type: str
    required: str = "None"
    for_create: bool = True
    for_update: bool = True
    for_read: bool = True
    computed: bool = False
    max_length: int | None = None
    format: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    precision: int | None = None
    date_behavior: str | None = None
    options: tuple[OptionValue, ...] = ()
    targets: tuple[str, ...] = ()
    secured: bool = False

    @property
    def read_name(self) -> str:
        """Name of the property that carries the value in a response."""
        lookup = self.type in ("Lookup", "Customer", "Owner")
        return f"_{self.name}_value" if lookup else self.name


@dataclass(frozen=True, slots=True)
class DynamicsTable:
    """A table's metadata as far as the sync needs it; ``columns`` by logical name."""

    name: str
    entity_set: str
    primary_id: str
    columns: Mapping[str, DynamicsColumn]
    keys: tuple[str, ...] = ()
    change_tracking: bool = True
    optimistic_concurrency: bool = True


@dataclass(frozen=True, slots=True)
class Schemas:
    """Both systems' schemas: Marketo fields by REST name, Dynamics tables by logical name."""

    marketo: Mapping[str, MarketoField]
    dynamics: Mapping[str, DynamicsTable]


# ---------------------------------------------------------------- Marketo


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field of a Change Data Value activity, by REST name; values as Marketo's text."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """A Marketo activity (reference/marketo-rest.md 8); ``guid`` is its key, ``at`` is in UTC."""

    guid: str
    person_id: int
    type_id: int
    at: datetime
    changes: tuple[FieldChange, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeedRead:
    """All activities from a paging token to the feed's end, and the token to go on from.

    :param pages: calls that it took.
    :param complete: the feed's end was reached, or the time to stop at; otherwise the read stopped
        for the number of pages that it was allowed.
    """

    activities: tuple[Activity, ...]
    next_token: str
    pages: int = 1
    complete: bool = True


@dataclass(frozen=True, slots=True)
class RecordError:
    """Why one record of a call was refused, in the system's own words."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PersonResult:
    """Outcome of one person of a sync-leads call, matched to its input by position."""

    status: Literal["created", "updated", "skipped"]
    person_id: int | None = None
    errors: tuple[RecordError, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A custom activity type as it stands; only ``approved`` ones take activities.

    :param status: ``draft``, ``approved``, ``approved with draft`` or ``deleted``.
    """

    type_id: int
    api_name: str
    status: str

    @property
    def usable(self) -> bool:
        return self.status.startswith("approved")


@dataclass(frozen=True, slots=True)
class NewActivity:
    """A custom activity to add; ``attributes`` by API name."""

    person_id: int
    type_id: int
    at: datetime
    primary_value: str
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActivityResult:
    """Outcome of one custom activity, in input order; ``guid`` when it was added."""

    guid: str | None
    errors: tuple[RecordError, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportJob:
    """State of a bulk export; sizes and checksum are known when it is completed.

    :param status: lower case: ``created``, ``queued``, ``processing``, ``completed``, ``failed``,
        ``cancelled``.
    """

    export_id: str
    status: str
    records: int | None = None
    size: int | None = None
    sha256: str | None = None
    error: str = ""


# ---------------------------------------------------------------- Dynamics


@dataclass(frozen=True, slots=True)
class DeltaRead:
    """All pages of one change-tracking read.

    :param rows: current values of created and changed rows, each with ``@odata.etag``.
    :param deleted: ids of deleted rows, lower case.
    :param delta_link: where the next read starts.
    :param full: the read was a first, full load, which reports no deletions.
    """

    rows: tuple[Json, ...]
    deleted: tuple[str, ...]
    delta_link: str
    full: bool


@dataclass(frozen=True, slots=True)
class TrackedPage:
    """A page of a first, full read with change tracking; the last one carries the delta link."""

    rows: tuple[Json, ...]
    delta_link: str | None


@dataclass(frozen=True, slots=True)
class RowWrite:
    """One row to write in a batch; ``body`` in Web API form, lookups as ``@odata.bind``.

    :param operation: ``create`` sends ``row_id`` as the client-made primary key; ``update`` sends
        ``If-Match: etag``, or ``*`` when ``etag`` is ``None``, so that it never creates.
    """

    operation: Literal["create", "update"]
    table: str
    row_id: str
    body: Json
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class RowResult:
    """Outcome of one row of a batch, in input order.

    :param status: ``written``; ``conflict``: somebody changed the row since ``etag`` (412);
        ``exists``: a create found its id or key taken; ``missing``: the row is gone (404 on it);
        ``rejected``: the server refuses the values.
    :param etag: the row's new ETag where the server told it.
    :param created_on: ``createdon`` of a created row where the server told it.
    """

    status: Literal["written", "conflict", "exists", "missing", "rejected"]
    etag: str | None = None
    error: RecordError | None = None
    created_on: str | None = None
