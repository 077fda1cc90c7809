"""Why a record is not synchronised, or not in full: every reason, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadsync.clock import parse_instant
from leadsync.cycle.gather.admission import ERASED, SETTLING
from leadsync.cycle.gather.inactive_rows import WAITS, is_active
from leadsync.explain.subject import Subject
from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.model import Json
from leadsync.state.port import LIVE, CycleRecord, Remembered, Values
from leadsync.values.marks import ABSENT, shown

#: why a link of a status that is not live has ended.
_ENDS = {
    "dynamics_deleted": "its record was deleted in Dynamics; the person stays, flagged as deleted",
    "marketo_deleted": "its person was deleted in Marketo; the record stays as it is",
    "converted": "its lead was qualified; the link went on to the contact",
    "merged": "one of the two records was merged into another one",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What both systems and the store hold of a subject now.

    :param person: whether the person exists; ``row`` is the row as a ``ROWS`` record, if it does.
    :param last: the last cycle that is to bring the sync up to its time.
    """

    subject: Subject
    plan: SyncPlan
    table: TablePlan | None
    person: bool
    row: Json | None
    base: Values
    marketo: Values
    dynamics: Values
    remembered: Remembered
    last: CycleRecord | None
    now: datetime

    @property
    def linked(self) -> bool:
        link = self.subject.link
        return link is not None and link["status"] in LIVE


def reasons(seen: Seen) -> list[Json]:
    """Return ``{reason, message, remedy}`` for all that keeps the record back."""
    told = [*_lost(seen), *_unlinked(seen), *_held_back(seen), *_fields(seen), *_sync(seen)]
    return [
        {"reason": reason, "message": message, "remedy": remedy} for reason, message, remedy in told
    ]


_Told = Iterator[tuple[str, str, str]]


def _lost(seen: Seen) -> _Told:
    """Records that are erased, gone, or share their address with others."""
    subject = seen.subject
    if subject.erased:
        yield "erased", ERASED, "Nothing can be done; the erasure was asked for."
    if subject.person is None and subject.row is None and not subject.erased:
        yield "unknown", "neither system nor leadsync knows such a record", "Check the spelling."
    if subject.person is not None and not seen.person:
        yield "person_missing", f"there is no person {subject.person} in Marketo", ""
    if subject.row is not None and seen.row is None:
        yield "row_missing", f"there is no {subject.row[0]} {subject.row[1]} in Dynamics", ""
    if subject.others:
        told = ", ".join(subject.others)
        yield "same_address", f"other records have the same address: {told}", "Explain each by id."


def _unlinked(seen: Seen) -> _Told:
    """Records that have no link in force."""
    subject, link = seen.subject, seen.subject.link
    if seen.linked:
        return
    if link is not None:
        status = link["status"]
        yield (
            status,
            f"the link to {link['dynamics_table']} {link['dynamics_id']} has ended: "
            + (_ENDS.get(status, status)),
            _after(status, seen.plan),
        )
    waiting = any(request["status"] == "waiting" for request in seen.remembered.requests)
    if subject.row is None and seen.person and not waiting:
        remedy = f"`leadsync sync-person {subject.person}` makes or finds a record for it."
        yield "not_asked_for", "the person has no Dynamics record, and nobody asked for one", remedy
    if subject.person is None and seen.row is not None and _settles(seen.row, seen):
        yield "settle_time", SETTLING, "Wait, or lower the policy settle_seconds."
    elif subject.person is None and seen.row is not None and not _told_already(seen):
        yield "next_cycle", "the row is not linked yet; the next cycle looks at it", ""


def _after(status: str, plan: SyncPlan) -> str:
    if status == "marketo_deleted" and plan.policies.on_marketo_delete == "recreate":
        return "The record's next change makes a new person."
    if status == "dynamics_deleted":
        return "`leadsync sync-person` makes a new record for the person."
    return ""


def _settles(row: Json, seen: Seen) -> bool:
    wait = timedelta(seconds=seen.plan.policies.settle_seconds)
    return bool(row["created_on"]) and seen.now - parse_instant(row["created_on"]) < wait


def _told_already(seen: Seen) -> bool:
    """Whether another reason says why a row has no person."""
    row = seen.row or {}
    remembered = seen.remembered
    return row.get("sync_flag") == "false" or bool(remembered.waiting or remembered.deferred)


def _held_back(seen: Seen) -> _Told:
    """Records that a filter, a state or an earlier cycle keeps back."""
    row = seen.row
    if row is not None and row["sync_flag"] == "false":
        yield (
            "filter_no",
            "new_synctomkto is No: the record is out of scope, both ways",
            "Set new_synctomkto to Yes, or empty it.",
        )
    if row is not None and not is_active(row):
        yield "inactive", WAITS, "Reopen the record in Dynamics."
    for carried in seen.remembered.deferred:
        times = f"{carried['times']} cycles" if carried["times"] > 1 else "1 cycle"
        message = f"{carried['reason']} (put off for {times}, since {carried['since_cycle']})"
        yield "deferred", message, "The next cycle takes it up by itself."
    for request in seen.remembered.requests:
        if request["status"] == "waiting":
            what = request["action"].replace("_", "-")
            yield "request_waiting", f"a {what} request waits for the next cycle", ""


def _fields(seen: Seen) -> _Told:
    """Fields that differ between the two sides, and why they do."""
    for reason in seen.plan.suspended:
        yield "suspended", reason, "`leadsync doctor` tells more."
    if not seen.linked or seen.table is None:
        return
    for plan in seen.table.fields:
        sides = [values.get(plan.name, ABSENT) for values in (seen.marketo, seen.dynamics)]
        if ABSENT in sides:
            if seen.row is not None and seen.person and plan.via is None:
                yield "unreadable", f"{plan.name} cannot be read on one side", _PERMISSION
        elif plan.comparable(sides[0]) != plan.comparable(sides[1]):
            told = _difference(plan, seen)
            if told[0] == "direction" or not _is_held(seen):
                yield told


def _is_held(seen: Seen) -> bool:
    """Whether another reason says why a change waits."""
    row, remembered = seen.row, seen.remembered
    kept_out = row is not None and (row["sync_flag"] == "false" or not is_active(row))
    return kept_out or bool(remembered.deferred or remembered.waiting)


_PERMISSION = "Give the API users the right to read it; `leadsync doctor` names permissions."


def _difference(plan: FieldPlan, seen: Seen) -> tuple[str, str, str]:
    """Return why a field's two values differ."""
    base = seen.base.get(plan.name, ABSENT)
    now = {"to_marketo": seen.dynamics, "to_dynamics": seen.marketo}
    source = now.get(plan.direction)
    if plan.direction == "off":
        return "direction", f"{plan.name} differs; its direction is off", "Change the mapping."
    if source is not None and plan.comparable(source.get(plan.name)) == plan.comparable(base):
        way = plan.direction.replace("_", " ")
        return (
            "direction",
            f"{plan.name} differs; it flows {way} only, and its source has not changed since",
            "Change the value at its source, or the mapping's direction.",
        )
    return "next_cycle", f"{plan.name} differs; it was changed since the last cycle", ""


def _sync(seen: Seen) -> _Told:
    """What keeps everything back."""
    if seen.last is None:
        yield "never_ran", "no cycle has run yet", "Unpause lead_sync, or run `leadsync cycle`."
    elif seen.last.status == "failed":
        message = f"cycle {seen.last.cycle_id} failed: {seen.last.error}"
        yield "last_cycle_failed", message, "Follow the error's remedy; the next cycle goes on."


def value_cells(seen: Seen) -> list[Json]:
    """Return ``{field, base, marketo, dynamics, direction, rule}`` of every mapped field."""

    def cell(values: Mapping[str, Any], name: str) -> str | None:
        return shown(values.get(name, ABSENT))

    return [
        {
            "field": plan.name,
            "base": cell(seen.base, plan.name),
            "marketo": cell(seen.marketo, plan.name),
            "dynamics": cell(seen.dynamics, plan.name),
            "direction": plan.direction,
            "rule": plan.rule,
        }
        for plan in (seen.table.fields if seen.table else ())
    ]
