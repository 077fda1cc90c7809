"""Adding custom activities: failures are in ``errors``, and nothing is ever deduplicated (9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadsync_sandbox.common.clock import parse_moment
from leadsync_sandbox.marketo.activity_log import Entry
from leadsync_sandbox.marketo.activity_types import STANDARD_TYPES, all_types
from leadsync_sandbox.marketo.api.lead_write import api_origin
from leadsync_sandbox.marketo.envelope import Json, SkippedError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request
from leadsync_sandbox.marketo.routes import Route

REQUIRED = ("leadId", "activityDate", "activityTypeId", "primaryAttributeValue", "attributes")
MOST_BYTES = 65_536
_STANDARD_IDS = frozenset(item["id"] for item in STANDARD_TYPES)


def add_activities(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/activities/external.json``: at most 300."""
    records = request.records(box.settings["batch_over_limit_code"])
    with box.database.transaction():
        ids = [record["leadId"] for record in records if isinstance(record.get("leadId"), int)]
        people = box.people.by_ids(ids)
        known = all_types(box.database)
        made = [_made(record, people, known) for record in records]
        origin = api_origin(request, "addCustomActivity")
        numbers = iter(box.record([entry for entry in made if isinstance(entry, Entry)], origin))
        return {"result": [_result(entry, numbers) for entry in made]}


def _result(made: Entry | Json, numbers: Any) -> Json:
    if not isinstance(made, Entry):
        return {"status": "skipped", "errors": [made]}
    number = next(numbers)
    return {"id": number, "marketoGUID": str(number), "status": "added"}


def _made(record: Json, people: Mapping[int, Any], known: Mapping[int, Json]) -> Entry | Json:
    try:
        return _entry(record, people, known)
    except SkippedError as problem:
        return problem.reason


def _entry(record: Json, people: Mapping[int, Any], known: Mapping[int, Json]) -> Entry:
    for name in REQUIRED:
        if record.get(name) is None:
            raise SkippedError("1002", f"Missing value for the required parameter '{name}'")
    if record["leadId"] not in people:
        raise SkippedError("1004", "Lead not found")
    spec = known.get(record["activityTypeId"])
    if spec is None or spec["id"] in _STANDARD_IDS:
        shown = record["activityTypeId"]
        raise SkippedError("1003", f"Activity type '{shown}' is not an approved custom activity")
    return Entry(
        record["leadId"],
        spec["id"],
        primary_value=str(record["primaryAttributeValue"]),
        attributes=_attributes(record["attributes"], spec),
        at=_moment(record["activityDate"]),
    )


def _moment(text: Any) -> datetime:
    try:
        return parse_moment(str(text))
    except ValueError as problem:
        raise SkippedError("1003", f"Invalid value for activityDate: '{text}'") from problem


def _attributes(raw: Any, spec: Json) -> dict[str, Any]:
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise SkippedError("1003", "Invalid value for 'attributes': expected a list of objects")
    if len(json.dumps(raw, ensure_ascii=False).encode()) > MOST_BYTES:
        raise SkippedError("1049", f"Failed to create activity: attributes > {MOST_BYTES} bytes")
    names = {item["apiName"]: item["name"] for item in spec["attributes"]}
    names |= {name: name for name in names.values()}
    made = {}
    for item in raw:
        name = names.get(item.get("apiName") or item.get("name", ""))
        if name is None:
            shown = item.get("apiName") or item.get("name")
            raise SkippedError("1003", f"Attribute '{shown}' not found in type '{spec['name']}'")
        made[name] = item.get("value")
    return made


ROUTES = [
    Route(
        "POST",
        "/rest/v1/activities/external.json",
        add_activities,
        "Read-Write Activity",
        "json",
        writes=True,
    ),
]
