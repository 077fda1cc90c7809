"""Takes a service's answers: one for each call, in the published form (marketo-rest.md 18.4)."""

from __future__ import annotations

import json
import secrets
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.common.clock import format_moment
from leadsync_sandbox.common.sandbox import Json
from leadsync_sandbox.marketo.activity_log import Entry
from leadsync_sandbox.marketo.flow_steps.provider import Provider, installed
from leadsync_sandbox.marketo.instance import Instance, Origin
from leadsync_sandbox.marketo.writing import PersonWriter, WriteMode

#: the activity type of the step; a real instance gives each installed service one.
STEP_ACTIVITY = 401
LONGEST_TEXT_BYTES = 255


def answer_callback(box: Instance, call: Call) -> Answer:
    """Take an answer: 202, or 404 for an unknown or used token, or 405 for a wrong body."""
    with box.database.transaction():
        row = box.database.row(
            "SELECT * FROM flow_call WHERE token = ?", (call.headers.get("x-callback-token"),)
        )
        if call.method != "POST" or row is None or row["answer"] is not None:
            return Answer(404, errors=("404",))
        key = call.headers.get("x-api-key", "")
        if not secrets.compare_digest(key.encode(), row["key"].encode()):
            return Answer(404, errors=("404",))
        body = _body(call, row["token"])
        if body is None:
            return Answer(405, errors=("405",))
        now = format_moment(box.clock.now())
        box.database.run(
            "UPDATE flow_call SET answer = ?, answered = ? WHERE token = ?",
            (json.dumps(body), now, row["token"]),
        )
        _write(box, installed(box, row["service"]), row["campaign"], body)
        return Answer(202)


def _body(call: Call, token: str) -> Json | None:
    """Return the body if it keeps the contract."""
    try:
        body = json.loads(call.body)
    except ValueError:
        return None
    if not isinstance(body, dict) or not body.get("munchkinId"):
        return None
    if body.get("token", token) != token or not isinstance(body.get("objectData", []), list):
        return None
    return body if all(_is_item(item) for item in body.get("objectData", [])) else None


def _is_item(item: Any) -> bool:
    if not isinstance(item, dict) or not isinstance(item.get("leadData"), dict):
        return False
    number, activity = item["leadData"].get("id"), item.get("activityData", {})
    known = isinstance(number, int) and isinstance(activity, dict)
    return known and isinstance(activity.get("success", True), bool)


def _write(box: Instance, provider: Provider, campaign: int, body: Json) -> None:
    """Write the mapped fields, and an activity for each person."""
    origin = Origin(
        source=f"{provider.name} ({provider.number})",
        reason=f"Smart Campaign: {campaign}, Step Seq ID: 1",
    )
    mapped = {
        field["serviceAttribute"]: field.get("suggestedMarketoAttribute")
        for field in provider.definition["callbackPayloadDef"].get("fields", [])
    }
    known = box.fields.all()
    records, entries = [], []
    for item in body.get("objectData", []):
        person = item["leadData"]["id"]
        fields = {
            mapped[name]: _cut(value)
            for name, value in item["leadData"].items()
            if mapped.get(name) in known
        }
        if fields:
            records.append({"id": person, **fields})
        entries.append(Entry(person, STEP_ACTIVITY, attributes=item.get("activityData", {})))
    PersonWriter(box, WriteMode("updateOnly", "id"), origin).write(records)
    box.record(entries, origin)


def _cut(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.encode()[:LONGEST_TEXT_BYTES].decode(errors="ignore")
