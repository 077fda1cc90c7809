"""Applying field values to one person, with the activities that this causes (7.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from leadsync_sandbox.marketo.activity_log import (
    CHANGE_DATA_VALUE,
    CHANGE_SCORE,
    NEW_LEAD,
    Entry,
)
from leadsync_sandbox.marketo.fields import COMPANY_FIELDS, Field
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.people import Person
from leadsync_sandbox.marketo.values import as_text


def apply_values(
    person: Person,
    values: Mapping[str, Any],
    fields: Mapping[str, Field],
    *,
    at: str,
    origin: Origin,
) -> list[Entry]:
    """Store accepted values and return one entry for each field that really changed.

    ``updated_at`` moves only for standard fields; nothing moves when nothing differs.
    """
    entries = []
    for name, value in values.items():
        old = person.data.get(name, False if fields[name].data_type == "boolean" else None)
        if old == value:
            continue
        person.set(name, value)
        person.changed_at = at
        if not fields[name].custom:
            person.updated_at = at
        entries.append(_change(person.id, fields[name], old, value, origin))
    return entries


def _change(person_id: int, field: Field, old: Any, new: Any, origin: Origin) -> Entry:
    attributes: dict[str, Any] = {**origin.attributes()}
    if field.data_type == "score":
        attributes = {"Reason": origin.reason, "Change Value": (new or 0) - (old or 0)}
    return Entry(
        person_id,
        CHANGE_SCORE if field.data_type == "score" else CHANGE_DATA_VALUE,
        primary_id=field.id,
        primary_value=field.display_name,
        name=field.name,
        old=as_text(old),
        new=as_text(new),
        attributes={**attributes, "New Value": as_text(new), "Old Value": as_text(old)},
    )


def created_entry(person: Person, origin: Origin) -> Entry:
    """Return the New Lead entry of a person."""
    names = (person.data.get("firstName"), person.data.get("lastName"))
    shown = " ".join(name for name in names if name) or person.data.get("email")
    attributes = {"Source Type": origin.source, "Created Date": person.created_at[:10]}
    return Entry(person.id, NEW_LEAD, person.id, shown, attributes=attributes)


def company_values(box: Instance, external_id: str) -> dict[str, Any] | None:
    """Return the company fields that persons of a company show, or ``None`` without company."""
    row = box.database.row(
        "SELECT data FROM object WHERE kind = 'companies' AND external_id = ?", (external_id,)
    )
    if row is None:
        return None
    data = json.loads(row["data"])
    return {name: data.get(name) for name in COMPANY_FIELDS}


def spread_unsubscribed(
    box: Instance, batch: list[Person], fields: Mapping[str, Field], at: str
) -> tuple[list[Person], list[Entry]]:
    """Keep an address's opt-out the same on every person that has it (durable unsubscribe).

    :param batch: persons whose ``unsubscribed`` was just changed.
    :return: further persons that changed, and their entries.
    """
    origin = Origin("Durable Unsubscribe", "Durable Unsubscribe")
    wanted = {p.email_key: bool(p.data.get("unsubscribed")) for p in batch if p.email_key}
    for email, unsubscribed in wanted.items():
        sql = "INSERT OR IGNORE INTO unsubscribed VALUES (?)"
        box.database.run(sql if unsubscribed else _FORGET, (email,))
    others = {p.id: p for p in box.people.find("email", list(wanted))}
    people, entries = [], []
    for other in others.values():
        values = {"unsubscribed": wanted[other.email_key]}
        made = apply_values(other, values, fields, at=at, origin=origin)
        if made:
            people.append(other)
            entries += made
    return people, entries


_FORGET = "DELETE FROM unsubscribed WHERE email = ?"


def is_unsubscribed(box: Instance, email: str) -> bool:
    """Tell whether an address is on the durable unsubscribe list."""
    return box.database.row("SELECT 1 FROM unsubscribed WHERE email = ?", (email,)) is not None
