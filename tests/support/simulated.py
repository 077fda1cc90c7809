"""Both systems in memory, behind the ports of the engine: for fast tests of whole cycles.

They keep what the protocols promise (activity feeds with tokens, delta links, ETags).
``edit`` and friends are what users do; the other methods are what the engine calls.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from leadsync.clock import format_instant
from leadsync.errors import ApiError, DeltaExpiredError, PermissionDeniedError, RejectedError
from leadsync.model import (
    DeltaRead,
    DynamicsTable,
    Json,
    RecordError,
    RowResult,
    RowWrite,
    TrackedPage,
)
from support.manual_clock import ManualClock
from support.simulated_cells import QUALIFIED_COLUMNS, etag, plain_lookups
from support.simulated_marketo import SimulatedMarketo

__all__ = ["ManualClock", "SimulatedDynamics", "SimulatedMarketo"]

#: state of a row that is no longer active, but for qualified leads.
CLOSED = {"lead": 2, "contact": 1}


#: what the ids of a table's rows begin with, where its first letter is no hexadecimal digit.
_DIGITS = {"lead": "1", "systemuser": "5", "team": "7"}


class SimulatedDynamics:
    """Leads and contacts with versions and a change feed. Delta links are version numbers.

    :ivar refuse: whether the server refuses a write for a reason of its own.
    :ivar hidden: ids of rows that exist and cannot be read; ``forbidden``: whole tables.
    """

    batch_size = 1000
    organisation_id = "883278f5-07af-45eb-a0bc-3fea67caa544"
    address = "https://contoso.crm.dynamics.com"
    page_size = 3

    def __init__(self, clock: ManualClock, tables: dict[str, DynamicsTable]) -> None:
        self.clock = clock
        self.tables = tables
        self.rows: dict[str, dict[str, Json]] = {name: {} for name in tables}
        self.deleted: dict[str, list[tuple[int, str]]] = {name: [] for name in tables}
        self.writes: list[RowWrite] = []
        self.reads = 0
        self._oldest_link = 0
        self.before_write: list[tuple[str, str, Json]] = []
        self.refuse: Callable[[RowWrite], bool] = lambda write: False
        self.hidden: set[str] = set()
        self.forbidden: set[str] = set()
        self._empty: dict[str, Json] = {}
        self._versions = itertools.count(1)
        self._ids = itertools.count(1)

    def organisation(self) -> str:
        """Return who this is, of which a cycle's budget of calls knows nothing."""
        return self.organisation_id

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

    def deactivate(self, table: str, row_id: str) -> None:
        """Close a row as a user does: a lead is disqualified, a contact becomes inactive."""
        self.edit(table, row_id, statecode=CLOSED[table])

    def reopen(self, table: str, row_id: str) -> None:
        """Make a closed row active again as a user does."""
        self.edit(table, row_id, statecode=0)

    def qualify(self, lead_id: str, contact_id: str | None = None) -> str:
        """Qualify a lead as a user does; return its contact, a new one unless one is named."""
        if contact_id is None:
            (made,) = self.qualify_lead(lead_id, account=False, contact=True)
            return str(made["contactid"])
        self.edit("lead", lead_id, statecode=1, _parentcontactid_value=contact_id)
        return contact_id

    def merge(self, table: str, winner: str, loser: str, **content: Any) -> None:
        """Merge rows as a user does; ``content`` is what the user picks for the winner."""
        if content:
            self.edit(table, winner, **content)
        closed = {"statecode": CLOSED[table], "merged": True, "_masterid_value": winner}
        self.edit(table, loser, **closed)

    def restore(self, table: str, row: Json) -> None:
        """Bring a deleted row back as it was, under its own id."""
        self.rows[table][row[self.tables[table].primary_id]] = row
        self._touch(row)

    def expire_links(self) -> None:
        """Give up all delta links that were issued so far."""
        self._oldest_link = next(self._versions)

    # -- port

    def table(self, name: str, columns: Sequence[str] | None = None) -> DynamicsTable:
        return self.tables[name]

    def read_problem(self, table: str) -> ApiError | None:
        """Tell that we may not read one of ``forbidden`` tables."""
        if table in self.forbidden:
            return PermissionDeniedError("no Read", system="dynamics", call=table)
        return None

    def delta(self, table: str, select: Sequence[str], delta_link: str | None) -> DeltaRead:
        self.reads += 1
        if delta_link is not None and int(delta_link) < self._oldest_link:
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

    def tracked_pages(self, table: str, select: Sequence[str]) -> Iterator[TrackedPage]:
        """Yield all rows in pages; what changes meanwhile comes with the delta link."""
        read = self.delta(table, select, None)
        for start in range(0, max(len(read.rows), 1), self.page_size):
            rest = read.rows[start + self.page_size :]
            rows = read.rows[start : start + self.page_size]
            yield TrackedPage(rows, None if rest else read.delta_link)

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

    def merge_rows(self, table: str, winner: str, loser: str) -> RowResult:
        self.writes.append(RowWrite("update", table, loser, {"_masterid_value": winner}))
        if winner not in self.rows[table] or loser not in self.rows[table]:
            return RowResult("missing", None, RecordError("0x80040217", "Does Not Exist"))
        self.merge(table, winner, loser)
        return RowResult("written")

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
        self.edit("lead", lead_id, _parentcontactid_value=made)
        return [{"@odata.type": "#Microsoft.Dynamics.CRM.contact", "contactid": made}]

    def _insert(self, table: str, row_id: str, values: Json) -> Json:
        if table not in self._empty:
            columns = self.tables[table].columns.values()
            self._empty[table] = {column.read_name: None for column in columns}
        row = {**self._empty[table], "statecode": 0, "createdon": self._moment(), **values}
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
        return format_instant(self.clock.now())
