"""Protocols of the outside world: what the engine needs of Marketo, Dynamics and storage.

The clients implement them over HTTP, the simulation in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from leadsync.errors import ApiError
from leadsync.model import (
    Activity,
    ActivityResult,
    ActivityType,
    DeltaRead,
    DynamicsTable,
    ExportJob,
    FeedRead,
    Json,
    MarketoField,
    NewActivity,
    Pace,
    PersonResult,
    RowResult,
    RowWrite,
    TrackedPage,
)


class MarketoApi(Protocol):
    """The Marketo calls of the cycle; each method pages, batches and retries by itself."""

    #: most records that one call takes, on reading and on writing (reference/marketo-rest.md 5).
    batch_size: int
    #: Munchkin id of the instance, or its host where that has none; and its base URL.
    instance: str
    address: str

    def describe(self) -> dict[str, MarketoField]:
        """Return all REST-visible person fields by REST name."""
        ...

    def paging_token(self, since: datetime) -> str:
        """Return the token from which the activity feeds continue at ``since``."""
        ...

    def lead_changes(
        self,
        token: str,
        fields: Sequence[str],
        *,
        until: datetime | None = None,
        pages: int | None = None,
    ) -> FeedRead:
        """Read Change Data Value (13, with ``changes``) and New Lead (12) to the feed's end.

        :param until: stop early, at the first page whose activities all lie at or after it.
        :param pages: stop early, after so many calls.
        """
        ...

    def deleted_leads(
        self, token: str, *, until: datetime | None = None, pages: int | None = None
    ) -> FeedRead:
        """Read Delete Lead (37) activities to the feed's end, or stop early as above."""
        ...

    def activities(
        self,
        token: str,
        type_ids: Sequence[int],
        *,
        until: datetime | None = None,
        pages: int | None = None,
    ) -> FeedRead:
        """Read activities of at most 10 types to the feed's end, or stop early as above."""
        ...

    def persons(self, filter_type: str, values: Sequence[str], fields: Sequence[str]) -> list[Json]:
        """Return all persons whose ``filter_type`` is one of ``values``, in no given order.

        Values are split into batches of 300; a batch that matches more than 1,000 persons is split
        further. Values that hold a comma are asked for in a way that works, or alone.
        """
        ...

    def sync_persons(
        self,
        action: Literal["createOrUpdate", "createOnly", "updateOnly"],
        lookup_field: str,
        records: Sequence[Json],
    ) -> list[PersonResult]:
        """Write at most ``batch_size`` persons in one call; results in input order."""
        ...

    def bulk_export(self, kind: Literal["leads", "activities"]) -> PersonExport:
        """Return the bulk export jobs of a kind (reference/marketo-rest.md 13)."""
        ...

    def merge_persons(self, winner: int, losers: Sequence[int]) -> None:
        """Merge ``losers`` into ``winner``: its empty values are filled from theirs (S099).

        Merging again what a lost answer left in doubt does no harm.

        :raises RejectedError: 1004 when one of them does not exist.
        """
        ...

    def activity_types(self) -> dict[str, ActivityType]:
        """Return the custom activity types by API name."""
        ...

    def add_activities(self, activities: Sequence[NewActivity]) -> list[ActivityResult]:
        """Add at most 300 custom activities in one call; results in input order.

        :raises TransientApiError: the answer was lost; they may be there, and adding them again
            would add them twice.
        """
        ...


class PersonExport(Protocol):
    """Jobs that write all persons of a time to a file; seen only by the API user that made them."""

    def create(self, filters: Mapping[str, Any], fields: Sequence[str]) -> ExportJob:
        """Create a job.

        :param filters: exactly one, such as ``{"createdAt": {"startAt": ..., "endAt": ...}}``.
        :raises QuotaSpentError: the day's 500 MB are used up.
        """
        ...

    def enqueue(self, export_id: str, longest: timedelta) -> None:
        """Queue a job, waiting for one of the instance's ten places.

        :raises ThrottledError: all were taken for ``longest``.
        :raises QuotaSpentError: the day's 500 MB are used up.
        """
        ...

    def status(self, export_id: str) -> ExportJob:
        """Return a job's state, at least a minute after it was queued or looked at.

        :raises RejectedError: Marketo does not know it any more.
        """
        ...

    def download(self, job: ExportJob, target: Path) -> None:
        """Download a completed job's file and check it.

        :raises ThrottledError: the file is not there.
        :raises RejectedError: it is damaged.
        """
        ...


class DynamicsApi(Protocol):
    """The Dynamics calls of the cycle; each method pages and retries by itself."""

    #: most operations that one ``$batch`` takes.
    batch_size: int
    #: the organisation's URL.
    address: str

    def organisation(self) -> str:
        """Return the id of the organisation at ``address``; 1 call."""
        ...

    def table(self, name: str, columns: Sequence[str] | None = None) -> DynamicsTable:
        """Return a table's metadata; ``columns`` limits typed detail to what is asked for.

        Unknown names in ``columns`` are ignored; ``DynamicsTable.columns`` always lists every
        readable column with its type, so that callers can suggest near names.
        """
        ...

    def read_problem(self, table: str) -> ApiError | None:
        """Return why ``table`` cannot be followed, or ``None``; 1 call."""
        ...

    def delta(self, table: str, select: Sequence[str], delta_link: str | None) -> DeltaRead:
        """Follow ``delta_link``, or read everything with change tracking when it is ``None``.

        :raises DeltaExpiredError: the link is too old or the table's metadata changed.
        """
        ...

    def tracked_pages(self, table: str, select: Sequence[str]) -> Iterator[TrackedPage]:
        """Read everything with change tracking, a page at a time, so that memory stays flat.

        :raises RejectedError: the last page carries no delta link.
        """
        ...

    def rows_by_id(self, table: str, ids: Sequence[str], select: Sequence[str]) -> list[Json]:
        """Return current rows for ``ids``; missing ones are left out."""
        ...

    def rows_by_email(self, table: str, emails: Sequence[str], select: Sequence[str]) -> list[Json]:
        """Return rows, active or not, whose ``emailaddress1`` is one of ``emails``."""
        ...

    def rows_by(
        self, table: str, column: str, values: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows whose ``column``, a text or whole number, is one of ``values``.

        Texts are trimmed and compared without case.
        """
        ...

    def rows_containing(
        self, table: str, column: str, parts: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        """Return rows whose text ``column`` contains one of ``parts``, in any case."""
        ...

    def rows_modified(
        self, table: str, select: Sequence[str], start: datetime, end: datetime
    ) -> list[Json]:
        """Return current rows with ``start <= modifiedon < end``."""
        ...

    def write_rows(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        """Write at most ``batch_size`` rows in one ``$batch`` with continue-on-error."""
        ...

    def merge_rows(self, table: str, winner: str, loser: str) -> RowResult:
        """Merge one row into another of its table: the loser is closed and points to the winner.

        ``written`` also when it was merged into ``winner`` before; ``missing`` when one of the rows
        is gone.
        """
        ...

    def qualify_lead(
        self,
        lead_id: str,
        *,
        account: bool,
        contact: bool,
        opportunity: bool = False,
        status: int = 3,
    ) -> list[Json]:
        """Qualify an open lead; return the rows it became.

        :raises RejectedError: the lead is closed already, or gone.
        """
        ...


class CallLedger(Protocol):
    """Counts calls and hands out the right to make one, for all workers together."""

    def acquire(self, system: str) -> None:
        """Wait until a call to ``system`` fits its limits, and count it.

        :raises QuotaSpentError: the day's share is used up.
        """
        ...

    def calls(self) -> dict[str, int]:
        """Return the number of calls that this process made, by system."""
        ...

    def used_today(self, system: str) -> float:
        """Return how much of our calls of the day is used, by all processes together.

        1 is all of it; a system without a daily quota always has 0.
        """
        ...

    def pace(self, system: str) -> Pace:
        """Return how fast calls to ``system`` may go."""
        ...


__all__ = ["Activity", "CallLedger", "DynamicsApi", "MarketoApi"]
