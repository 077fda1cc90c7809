"""Both systems in memory, behind the ports of the engine: for fast tests of whole cycles.

They keep what the protocols promise (activity feeds with tokens, delta links, ETags).
``edit`` and friends are what users do; the other methods are what the engine calls.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from leadsync.errors import DeltaExpiredError, RejectedError
from leadsync.model import (
    Activity,
    DeltaRead,
    DynamicsTable,
    FeedRead,
    FieldChange,
    Json,
    MarketoField,
    PersonResult,
    RecordError,
    RowResult,
    RowWrite,
)
from support.simulated_cells import QUALIFIED_COLUMNS, etag, place, plain_lookups, text

#: what the ids of a table's rows begin with, where its first letter is no hexadecimal digit.
_DIGITS = {"lead": "1", "systemuser": "5", "team": "7"}


class ManualClock:
    """A clock that only moves when it is told to, or when somebody sleeps on it."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    advance = sleep


class SimulatedMarketo:
    """Persons with an activity log. A token is a time in the log and what was read of its second.

    :ivar page_size: most activities that one page of a feed holds.
    :ivar before_write: edits that users make right before the next record is written.
    :ivar lag: seconds until the next activity appears in the log, behind others that are younger.
    :ivar refuse: whether the server refuses a record for a reason of its own.
    """

    batch_size = 300

    def __init__(self, clock: ManualClock, fields: dict[str, MarketoField]) -> None:
        self.clock = clock
        self.fields = fields
        self.people: dict[int, Json] = {}
        self.log: list[Activity] = []
        self.writes: list[tuple[str, Json]] = []
        self.reads = 0
        self.page_size = 300
        self.lag: Callable[[], float] = lambda: 0.0
        self.refuse: Callable[[Json], bool] = lambda record: False
        self.before_write: list[tuple[int, Json]] = []
        self._visible: dict[str, datetime] = {}
        self._ids = itertools.count(1001)

    # -- users

    def add(self, **values: Any) -> int:
        """Create a person as a user does."""
        person = next(self._ids)
        booleans = {n: False for n, f in self.fields.items() if f.data_type == "boolean"}
        self.people[person] = {**dict.fromkeys(self.fields), **booleans, "id": person}
        self._log(person, 12)
        self._change(person, values, log=False)
        return person

    def edit(self, person: int, **values: Any) -> None:
        """Change a person as a user does."""
        self._change(person, values, log=True, source="Marketo Flow Action")

    def delete(self, person: int) -> None:
        """Delete a person as a user does."""
        del self.people[person]
        self._log(person, 37)

    # -- port

    def describe(self) -> dict[str, MarketoField]:
        return self.fields

    def paging_token(self, since: datetime) -> str:
        return f"{since.isoformat()} 0"

    def lead_changes(
        self,
        token: str,
        fields: Sequence[str],
        *,
        until: datetime | None = None,
        pages: int | None = None,
    ) -> FeedRead:
        def shown(activity: Activity) -> Activity | None:
            kept = tuple(change for change in activity.changes if change.name in fields)
            if activity.type_id != 12 and not (activity.type_id == 13 and kept):
                return None
            return replace(activity, changes=kept)

        return self._read(token, shown, pages)

    def deleted_leads(
        self, token: str, *, until: datetime | None = None, pages: int | None = None
    ) -> FeedRead:
        return self._read(token, lambda a: a if a.type_id == 37 else None, pages)

    def activities(self, token: str, type_ids: Sequence[int]) -> FeedRead:
        return self._read(token, lambda a: a if a.type_id in type_ids else None, None)

    def _read(
        self, token: str, shown: Callable[[Activity], Activity | None], pages: int | None
    ) -> FeedRead:
        """Return what the log shows behind ``token``, by time, at most ``pages`` pages of it."""
        moment, _, last = token.partition(" ")
        start, now = (datetime.fromisoformat(moment), int(last)), self.clock.now()
        behind = self.log[bisect_right(self.log, start, key=place) :]  # the log is in order
        found = [
            kept
            for activity in behind
            if self._visible[activity.guid] <= now and (kept := shown(activity)) is not None
        ]
        if pages is not None and len(found) > pages * self.page_size:
            found = found[: pages * self.page_size]
            at, guid = place(found[-1])
            return FeedRead(tuple(found), f"{at.isoformat()} {guid}", pages, complete=False)
        taken = max(1, -(-len(found) // self.page_size))
        return FeedRead(tuple(found), f"{now.isoformat()} 0", taken)

    def unsettled(self, person: int) -> bool:
        """Tell whether the log does not show all of a person's activities yet."""
        now = self.clock.now()
        return any(a.person_id == person and self._visible[a.guid] > now for a in self.log)

    def persons(self, filter_type: str, values: Sequence[str], fields: Sequence[str]) -> list[Json]:
        self.reads += 1
        wanted = {value.casefold() for value in values}
        return [
            {name: person.get(name) for name in fields}
            for person in self.people.values()
            if str(person.get(filter_type)).casefold() in wanted
        ]

    def sync_persons(
        self,
        action: Literal["createOrUpdate", "createOnly", "updateOnly"],
        lookup_field: str,
        records: Sequence[Json],
    ) -> list[PersonResult]:
        assert len(records) <= self.batch_size
        return [self._sync(action, lookup_field, dict(record)) for record in records]

    def _sync(self, action: str, lookup_field: str, record: Json) -> PersonResult:
        for person, values in self.before_write:
            self.edit(person, **values)
        self.before_write.clear()
        self.writes.append((action, dict(record)))
        found = [p for p, v in self.people.items() if v.get(lookup_field) == record[lookup_field]]
        if action == "updateOnly" and not found:
            return PersonResult("skipped", None, (RecordError("1004", "Lead not found"),))
        if len(found) > 1:
            return PersonResult("skipped", None, (RecordError("1007", "Multiple leads match"),))
        if self.refuse(record):
            return PersonResult("skipped", None, (RecordError("1003", "Refused"),))
        record.pop("id", None)
        if found:
            self._change(found[0], record, log=True)
            return PersonResult("updated", found[0])
        return PersonResult("created", self.add(**record))

    def _change(
        self, person: int, values: Json, *, log: bool, source: str = "Web service API"
    ) -> None:
        current = self.people[person]
        changes = []
        for name, value in values.items():
            new = False if value is None and isinstance(current.get(name), bool) else value
            if current.get(name) != new:
                changes.append(FieldChange(name, text(current.get(name)), text(new)))
                current[name] = new
        if changes and log:
            self._log(person, 13, tuple(changes), {"Source": source})

    def _log(
        self,
        person: int,
        type_id: int,
        changes: tuple[FieldChange, ...] = (),
        attributes: Json | None = None,
    ) -> None:
        guid = str(len(self.log) + 1)
        now = self.clock.now()
        self.log.append(Activity(guid, person, type_id, now, changes, attributes or {}))
        self._visible[guid] = now + timedelta(seconds=self.lag())


class SimulatedDynamics:
    """Leads and contacts with versions and a change feed. Delta links are version numbers.

    :ivar refuse: whether the server refuses a write for a reason of its own.
    :ivar hidden: ids of rows that exist and cannot be read.
    """

    batch_size = 1000

    def __init__(self, clock: ManualClock, tables: dict[str, DynamicsTable]) -> None:
        self.clock = clock
        self.tables = tables
        self.rows: dict[str, dict[str, Json]] = {name: {} for name in tables}
        self.deleted: dict[str, list[tuple[int, str]]] = {name: [] for name in tables}
        self.writes: list[RowWrite] = []
        self.reads = 0
        self.expired = False
        self.before_write: list[tuple[str, str, Json]] = []
        self.refuse: Callable[[RowWrite], bool] = lambda write: False
        self.hidden: set[str] = set()
        self._versions = itertools.count(1)
        self._ids = itertools.count(1)

    # -- users

    def add(self, table: str, **values: Any) -> str:
        """Create a row as a user does."""
        digit = _DIGITS.get(table, table[0])
        row_id = f"{digit}0000000-0000-4000-8000-{next(self._ids):012d}"
        self._insert(table, row_id, values)
        return row_id

    def edit(self, table: str, row_id: str, **values: Any) -> None:
        """Change a row as a user does."""
        row = self.rows[table][row_id]
        row.update(values)
        self._touch(row)

    def delete(self, table: str, row_id: str) -> None:
        """Delete a row as a user does; what referred to it refers to nothing."""
        del self.rows[table][row_id]
        for row in [row for rows in self.rows.values() for row in rows.values()]:
            if referring := [name for name, value in row.items() if value == row_id]:
                row.update(dict.fromkeys(referring))
                self._touch(row)
        self.deleted[table].append((next(self._versions), row_id))

    def restore(self, table: str, row: Json) -> None:
        """Bring a deleted row back as it was, under its own id."""
        self.rows[table][row[self.tables[table].primary_id]] = row
        self._touch(row)

    # -- port

    def table(self, name: str, columns: Sequence[str] | None = None) -> DynamicsTable:
        return self.tables[name]

    def delta(self, table: str, select: Sequence[str], delta_link: str | None) -> DeltaRead:
        self.reads += 1
        if delta_link is not None and self.expired:
            self.expired = False
            raise DeltaExpiredError("expired", system="dynamics", call="delta")
        since = int(delta_link or 0)
        rows = [row for row in self._readable(table) if row["_version"] > since]
        gone = [
            row_id
            for version, row_id in self.deleted[table]
            if version > since and row_id not in self.rows[table]
        ]
        return DeltaRead(
            rows=tuple(self._shown(row, select) for row in rows),
            deleted=tuple(gone) if delta_link is not None else (),
            delta_link=str(next(self._versions)),
            full=delta_link is None,
        )

    def rows_by_id(self, table: str, ids: Sequence[str], select: Sequence[str]) -> list[Json]:
        self.reads += 1
        rows = self.rows[table]
        return [self._shown(rows[i], select) for i in ids if i in rows and i not in self.hidden]

    def rows_by_email(self, table: str, emails: Sequence[str], select: Sequence[str]) -> list[Json]:
        return self.rows_by(table, "emailaddress1", emails, select)

    def rows_by(
        self, table: str, column: str, values: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        self.reads += 1
        wanted = {value.strip().casefold() for value in values}
        return [
            self._shown(row, select)
            for row in self.rows[table].values()
            if str(row.get(column)).strip().casefold() in wanted
        ]

    def rows_containing(
        self, table: str, column: str, parts: Sequence[str], select: Sequence[str]
    ) -> list[Json]:
        self.reads += 1
        return [
            self._shown(row, select)
            for row in self.rows[table].values()
            if any(part.casefold() in str(row.get(column) or "").casefold() for part in parts)
        ]

    def rows_modified(
        self, table: str, select: Sequence[str], start: datetime, end: datetime
    ) -> list[Json]:
        self.reads += 1
        low, high = start.strftime("%Y-%m-%dT%H:%M:%SZ"), end.strftime("%Y-%m-%dT%H:%M:%SZ")
        found = [row for row in self._readable(table) if low <= row["modifiedon"] < high]
        return [self._shown(row, select) for row in found]

    def write_rows(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        assert len(writes) <= self.batch_size
        for table, row_id, values in self.before_write:
            self.edit(table, row_id, **values)
        self.before_write.clear()
        return [self._write(write) for write in writes]

    def _write(self, write: RowWrite) -> RowResult:
        self.writes.append(write)
        row = self.rows[write.table].get(write.row_id)
        if write.operation == "create":
            return self._create(write)
        if row is None:
            return RowResult("missing")
        if write.etag is not None and write.etag != etag(row):
            return RowResult("conflict")
        if self.refuse(write):
            return RowResult("rejected", None, RecordError("0x80040203", "Refused"))
        row.update(plain_lookups(write.body))
        self._touch(row)
        return RowResult("written", etag(row))

    def _create(self, write: RowWrite) -> RowResult:
        """Create a row under the id that the caller made; ids and Marketo ids are unique."""
        mine = write.body.get("new_marketoid")
        others = self.rows[write.table].values()
        if write.row_id in self.rows[write.table]:
            return RowResult("exists", None, RecordError("0x80040237", "Duplicate id"))
        if mine is not None and any(row["new_marketoid"] == mine for row in others):
            return RowResult("exists", None, RecordError("0x80060892", "Duplicate key"))
        if self.refuse(write):
            return RowResult("rejected", None, RecordError("0x80040203", "Refused"))
        row = self._insert(write.table, write.row_id, plain_lookups(write.body))
        return RowResult("written", etag(row), created_on=row["createdon"])

    def qualify_lead(
        self,
        lead_id: str,
        *,
        account: bool,
        contact: bool,
        opportunity: bool = False,
        status: int = 3,
    ) -> list[Json]:
        lead = self.rows["lead"].get(lead_id)
        if lead is None or lead["statecode"] != 0:
            raise RejectedError("The lead is already closed.", system="dynamics", call="qualify")
        self.edit("lead", lead_id, statecode=1)
        copied = {name: lead[name] for name in lead if name in QUALIFIED_COLUMNS}
        made = self.add("contact", _originatingleadid_value=lead_id, **copied)
        return [{"@odata.type": "#Microsoft.Dynamics.CRM.contact", "contactid": made}]

    def _insert(self, table: str, row_id: str, values: Json) -> Json:
        columns = self.tables[table].columns
        row: Json = {column.read_name: None for column in columns.values()}
        row |= {"statecode": 0, "createdon": self._moment(), **values}
        row[self.tables[table].primary_id] = row_id
        self.rows[table][row_id] = row
        self._touch(row)
        return row

    def _readable(self, table: str) -> list[Json]:
        return [row for row_id, row in self.rows[table].items() if row_id not in self.hidden]

    def _shown(self, row: Json, select: Sequence[str]) -> Json:
        return {"@odata.etag": etag(row), **{name: row.get(name) for name in select}}

    def _touch(self, row: Json) -> None:
        row["_version"] = next(self._versions)
        row["modifiedon"] = self._moment()

    def _moment(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
