"""Bulk loading through control: many persons in one call, without activities unless asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.common.clock import format_moment, parse_moment
from leadsync_sandbox.common.sandbox import ControlError, Json
from leadsync_sandbox.marketo.api.describe import create_field
from leadsync_sandbox.marketo.api.objects import ObjectWrite, write_objects
from leadsync_sandbox.marketo.changes import created_entry
from leadsync_sandbox.marketo.envelope import SkippedError
from leadsync_sandbox.marketo.fields import Field
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.object_kinds import KINDS
from leadsync_sandbox.marketo.people import Person
from leadsync_sandbox.marketo.values import accept

ORIGIN = Origin("List import", "List import")
_OWN = ("id", "createdAt", "updatedAt")


def load_records(box: Instance, records: Mapping[str, list[Json]], *, log: bool) -> Json:
    """Store records by kind: ``fields``, ``companies``, ``salespersons``, ``leads``.

    A lead may give ``id``, ``createdAt`` and ``updatedAt``; without an id it gets the next one.

    :raises ControlError: an unknown kind or field, or a value that its type refuses.
    """
    unknown = set(records) - {"fields", "leads", *KINDS}
    if unknown:
        raise ControlError(f"Marketo cannot import {', '.join(sorted(unknown))}.")
    for spec in records.get("fields", []):
        if spec["name"] not in box.fields.all():
            create_field(box, spec, api_created=False)
    for name, kind in KINDS.items():
        for part in _parts(records.get(name, [])):
            write_objects(box, ObjectWrite(kind, ORIGIN), part)
    _load_leads(box, records.get("leads", []), log=log)
    return {name: len(rows) for name, rows in records.items()}


def _parts(rows: list[Json], size: int = 300) -> list[list[Json]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _load_leads(box: Instance, rows: list[Json], *, log: bool) -> None:
    fields, now = box.fields.all(), format_moment(box.clock.now())
    next_id = box.people.reserve_ids(len(rows))
    people = []
    for offset, row in enumerate(rows):
        number = int(row.get("id") or next_id + offset)
        people.append(_person(box, row, number, fields, now))
    box.people.update(people)
    _keep_ids_free(box, people)
    opted = [(p.email_key,) for p in people if p.data.get("unsubscribed") and p.email_key]
    box.database.run_many("INSERT OR IGNORE INTO unsubscribed VALUES (?)", opted)
    if log:
        box.record([created_entry(person, ORIGIN) for person in people], ORIGIN)


def _keep_ids_free(box: Instance, people: list[Person]) -> None:
    highest = max((person.id for person in people), default=0)
    following = box.people.reserve_ids(0)
    if following <= highest:
        box.people.reserve_ids(highest - following + 1)


def _person(box: Instance, row: Json, number: int, fields: Mapping[str, Field], now: str) -> Person:
    created = _moment(row.get("createdAt"), now)
    updated = _moment(row.get("updatedAt"), created)
    data: dict[str, Any] = {}
    for name, raw in row.items():
        if name in _OWN or raw is None:
            continue
        if name not in fields:
            raise ControlError(f"Lead {number}: there is no field {name!r} in Marketo.")
        try:
            data[name] = accept(fields[name], raw, box.settings)
        except SkippedError as problem:
            raise ControlError(f"Lead {number}: {problem}") from problem
    return Person(number, created, updated, updated, data)


def _moment(text: Any, default: str) -> str:
    return format_moment(parse_moment(str(text))) if text else default
