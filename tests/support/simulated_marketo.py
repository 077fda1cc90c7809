"""Marketo in memory, behind the port of the engine: persons and their activity log."""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from leadsync.clock import FIRST_INSTANT, format_instant
from leadsync.errors import RejectedError
from leadsync.model import (
    MARKETO_SYNC_FAILED,
    MARKETO_SYNC_RECOVERED,
    Activity,
    ActivityResult,
    ActivityType,
    FeedRead,
    FieldChange,
    Json,
    MarketoField,
    NewActivity,
    PersonResult,
    RecordError,
)
from support.manual_clock import ManualClock
from support.simulated_cells import place, text
from support.simulated_exports import SimulatedExports


class SimulatedMarketo:
    """Persons with an activity log. A token is a time in the log and what was read of its second.

    :ivar page_size: most activities that one page of a feed holds.
    :ivar before_write: edits that users make right before the next record is written.
    :ivar lag: seconds until the next activity appears in the log, behind others that are younger.
    :ivar refuse: whether the server refuses a record for a reason of its own.
    :ivar tokens_since: older paging tokens are refused.
    :ivar types: the custom activity types.
    :ivar merge_logs_delete: whether the losers of a merge also appear in the deletion feed.
    """

    batch_size = 300
    instance = "123-ABC-456"
    address = "https://123-ABC-456.mktorest.com"
    merge_logs_delete = False
    types: tuple[ActivityType, ...] = (
        ActivityType(100_001, MARKETO_SYNC_FAILED, "approved"),
        ActivityType(100_002, MARKETO_SYNC_RECOVERED, "approved"),
    )

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
        self.tokens_since = FIRST_INSTANT
        self.exports = SimulatedExports(self)
        self._visible: dict[str, datetime] = {}
        self._ids = itertools.count(1001)
        self._guids = itertools.count(1)

    # -- users

    def add(self, **values: Any) -> int:
        """Create a person as a user does."""
        person = next(self._ids)
        booleans = {n: False for n, f in self.fields.items() if f.data_type == "boolean"}
        self.people[person] = {
            **dict.fromkeys(self.fields),
            **booleans,
            "id": person,
            "createdAt": format_instant(self.clock.now()),
        }
        self._log(person, 12)
        self._change(person, values, log=False)
        return person

    def edit(self, person: int, **values: Any) -> None:
        """Change a person as a user does."""
        self._change(person, values, log=True, source="Marketo Flow Action")

    def forget_activities(self) -> None:
        """Prune the log, as Marketo does with old activities."""
        self.log.clear()

    def delete(self, person: int) -> None:
        """Delete a person as a user does."""
        del self.people[person]
        self._log(person, 37)

    def merge(self, winner: int, losers: Sequence[int]) -> None:
        """Merge persons as a user does: the winner's own values stay, its empty ones are filled."""
        kept = self.people[winner]
        for loser in losers:
            gone = self.people.pop(loser)
            kept.update({n: v for n, v in gone.items() if kept.get(n) in (None, "")})
        self.log = [replace(a, person_id=winner) if a.person_id in losers else a for a in self.log]
        attributes = {"Merge IDs": f"[{','.join(map(str, losers))}]"}
        self._log(winner, 32, attributes=attributes)
        for loser in losers if self.merge_logs_delete else ():
            self._log(loser, 37)

    def unsubscribe(self, person: int) -> None:
        """Let a person unsubscribe by a link in an e-mail."""
        self._log(person, 9)
        self._change(person, {"unsubscribed": True}, log=True)

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
            if activity.type_id not in (12, 13):
                return None
            kept = tuple(change for change in activity.changes if change.name in fields)
            if activity.type_id == 13 and not kept:
                return None
            return activity if kept == activity.changes else replace(activity, changes=kept)

        return self._read(token, shown, pages)

    def deleted_leads(
        self, token: str, *, until: datetime | None = None, pages: int | None = None
    ) -> FeedRead:
        return self._read(token, lambda a: a if a.type_id == 37 else None, pages)

    def activities(
        self,
        token: str,
        type_ids: Sequence[int],
        *,
        until: datetime | None = None,
        pages: int | None = None,
    ) -> FeedRead:
        return self._read(token, lambda a: a if a.type_id in type_ids else None, pages)

    def bulk_export(self, kind: Literal["leads", "activities"]) -> SimulatedExports:
        return self.exports

    def merge_persons(self, winner: int, losers: Sequence[int]) -> None:
        self.writes.extend(("merge", {"id": winner, "loser": loser}) for loser in losers)
        for person in (winner, *losers):
            if person not in self.people:
                raise RejectedError(
                    "Lead not found",
                    system="marketo",
                    call="merge",
                    code="1004",
                    record=str(person),
                )
        self.merge(winner, losers)

    def activity_types(self) -> dict[str, ActivityType]:
        return {one.api_name: one for one in self.types}

    def add_activities(self, activities: Sequence[NewActivity]) -> list[ActivityResult]:
        assert len(activities) <= 300
        return [self._add_activity(activity) for activity in activities]

    def _add_activity(self, new: NewActivity) -> ActivityResult:
        if new.person_id not in self.people:
            return ActivityResult(None, (RecordError("1004", "Lead not found"),))
        usable = {one.type_id for one in self.types if one.usable}
        if new.type_id not in usable:
            return ActivityResult(None, (RecordError("1003", "not an approved type"),))
        attributes = {"primaryAttributeValue": new.primary_value, **new.attributes}
        return ActivityResult(self._log(new.person_id, new.type_id, (), attributes, new.at))

    def told(self, api_name: str = MARKETO_SYNC_FAILED) -> list[Activity]:
        """Return the custom activities of a type."""
        type_id = self.activity_types()[api_name].type_id
        return [activity for activity in self.log if activity.type_id == type_id]

    def _read(
        self, token: str, shown: Callable[[Activity], Activity | None], pages: int | None
    ) -> FeedRead:
        """Return what the log shows behind ``token``, by time, at most ``pages`` pages of it."""
        moment, _, last = token.partition(" ")
        if datetime.fromisoformat(moment) < self.tokens_since:
            raise RejectedError("invalid nextPageToken", system="marketo", call="GET", code="1003")
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

    def _found(self, lookup_field: str, value: Any) -> list[int]:
        if lookup_field == "id":
            return [value] if value in self.people else []
        return [p for p, v in self.people.items() if v.get(lookup_field) == value]

    def _sync(self, action: str, lookup_field: str, record: Json) -> PersonResult:
        for person, values in self.before_write:
            self.edit(person, **values)
        self.before_write.clear()
        self.writes.append((action, dict(record)))
        found = self._found(lookup_field, record[lookup_field])
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
        at: datetime | None = None,
    ) -> str:
        guid = str(next(self._guids))
        now = self.clock.now()
        activity = Activity(guid, person, type_id, at or now, changes, attributes or {})
        insort(self.log, activity, key=place)
        self._visible[guid] = now + timedelta(seconds=self.lag())
        return guid
