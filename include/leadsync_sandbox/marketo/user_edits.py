"""Edits by people in Marketo's own screens: same validation and activity log, no quota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadsync_sandbox.common.sandbox import ControlError, Json
from leadsync_sandbox.marketo.activity_log import Entry
from leadsync_sandbox.marketo.api.describe import create_field
from leadsync_sandbox.marketo.api.lead_merge import merge
from leadsync_sandbox.marketo.api.lead_write import remove_people
from leadsync_sandbox.marketo.api.lists import create_list
from leadsync_sandbox.marketo.api.objects import ObjectWrite, write_objects
from leadsync_sandbox.marketo.envelope import MarketoError
from leadsync_sandbox.marketo.flow_steps.campaign import run_campaign
from leadsync_sandbox.marketo.flow_steps.provider import install
from leadsync_sandbox.marketo.flow_steps.webhook import call_webhook
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.object_kinds import KINDS
from leadsync_sandbox.marketo.writing import PersonWriter, WriteMode


def apply_edit(box: Instance, edit: Json) -> Json:
    """Apply one edit and return ``{id}``.

    ``{operation, table, ...}``; ``table`` is ``leads`` by default. Leads: ``create`` {fields},
    ``update`` {id or email, fields}, ``delete`` {id}, ``merge`` {id, losers}, ``activity`` {id,
    type, attributes}. Others, by ``create``: ``fields`` {fields: {name, displayName, dataType}},
    ``lists`` and ``partitions`` {fields: {name}}, ``campaigns`` {fields: {name, type, active}},
    ``companies`` and ``salespersons`` {fields} (upsert by external id), ``services`` {fields: {url,
    key, callback_base}}, a flow step of somebody else. ``campaigns`` also ``run`` a step
    (``flow_steps/campaign.py``), ``webhooks`` are ``call``ed (``flow_steps/webhook.py``).
    ``source``, ``user`` and ``lag`` (seconds) say how the activities look.

    :raises ControlError: the edit is impossible, with Marketo's own code and message.
    """
    table, operation = edit.get("table", "leads"), edit.get("operation")
    work = _WORK.get((table, operation))
    if work is None:
        known = ", ".join(f"{name} {action}" for name, action in _WORK)
        raise ControlError(f"Unknown edit {table!r} {operation!r}; known are {known}.")
    try:
        return work(box, edit)
    except MarketoError as problem:
        raise ControlError(str(problem)) from problem


def _origin(edit: Json) -> Origin:
    return Origin(
        source=edit.get("source", "Marketo Flow Action"),
        reason=edit.get("reason", "Changed by a user"),
        user=edit.get("user", "marketer@sandbox.example"),
        lag=float(edit.get("lag", 0)),
    )


def _write(box: Instance, edit: Json, mode: WriteMode, record: Json) -> Json:
    (result,) = PersonWriter(box, mode, _origin(edit)).write([record])
    if result["status"] == "skipped":
        reason = result["reasons"][0]
        raise ControlError(f"{reason['code']} {reason['message']}")
    return {"id": result["id"]}


def _create(box: Instance, edit: Json) -> Json:
    return _write(box, edit, WriteMode("createDuplicate"), edit["fields"])


def _update(box: Instance, edit: Json) -> Json:
    lookup = "id" if "id" in edit else "email"
    record = {**edit["fields"], lookup: edit[lookup]}
    return _write(box, edit, WriteMode("updateOnly", lookup), record)


def _delete(box: Instance, edit: Json) -> Json:
    person = box.people.by_ids([edit["id"]]).get(edit["id"])
    if person is None:
        raise ControlError(f"1004 Lead '{edit['id']}' not found")
    with box.database.transaction():
        remove_people(box, [person], _origin(edit))
    return {"id": edit["id"]}


def _merge(box: Instance, edit: Json) -> Json:
    merge(box, edit["id"], list(edit["losers"]), _origin(edit))
    return {"id": edit["id"]}


def _activity(box: Instance, edit: Json) -> Json:
    attributes = edit.get("attributes", {})
    value = edit.get("primary_value")
    entry = Entry(edit["id"], int(edit["type"]), primary_value=value, attributes=attributes)
    return {"id": box.record([entry], _origin(edit))[0]}


def _field(box: Instance, edit: Json) -> Json:
    return {"id": create_field(box, edit["fields"], api_created=False)["name"]}


def _list(box: Instance, edit: Json) -> Json:
    return {"id": create_list(box, edit["fields"]["name"])}


def _partition(box: Instance, edit: Json) -> Json:
    number = box.keep.take_numbers("partition", 1, 2)
    box.database.run("INSERT INTO partition VALUES (?, ?, '')", (number, edit["fields"]["name"]))
    return {"id": number}


def _campaign(box: Instance, edit: Json) -> Json:
    given: dict[str, Any] = edit["fields"]
    number = box.keep.take_numbers("campaign", 1, 1001)
    now = box.clock.second().strftime("%Y-%m-%dT%H:%M:%SZ")
    kind, active = given.get("type", "trigger"), int(given.get("active", True))
    row = (number, given["name"], kind, active, now, now)
    box.database.run("INSERT INTO campaign VALUES (?, ?, ?, ?, ?, ?)", row)
    return {"id": number}


def _object(box: Instance, edit: Json) -> Json:
    kind = KINDS[edit["table"]]
    (result,) = write_objects(box, ObjectWrite(kind, _origin(edit)), [edit["fields"]])
    if result["status"] == "skipped":
        raise ControlError(f"{kind.display_name}: {result['reasons'][0]}")
    return {"id": result["id"]}


_WORK: dict[tuple[str, Any], Callable[[Instance, Json], Json]] = {
    ("leads", "create"): _create,
    ("leads", "update"): _update,
    ("leads", "delete"): _delete,
    ("leads", "merge"): _merge,
    ("leads", "activity"): _activity,
    ("fields", "create"): _field,
    ("lists", "create"): _list,
    ("partitions", "create"): _partition,
    ("campaigns", "create"): _campaign,
    ("campaigns", "run"): run_campaign,
    ("services", "create"): lambda box, edit: install(box, edit["fields"]),
    ("webhooks", "call"): call_webhook,
    ("companies", "create"): _object,
    ("salespersons", "create"): _object,
}
