"""Activity types: the standard ones and the custom ones that are approved."""

from __future__ import annotations

import json
from typing import Any

from leadsync_sandbox.common.database import Database

Json = dict[str, Any]


def _type(number: int, name: str, primary: str, *attributes: str) -> Json:
    return {
        "id": number,
        "name": name,
        "description": name,
        "primaryAttribute": {"name": primary, "dataType": "string"},
        "attributes": [{"name": attribute, "dataType": "string"} for attribute in attributes],
    }


_CHANGE = ("New Value", "Old Value", "Reason")
STANDARD_TYPES: tuple[Json, ...] = (
    _type(1, "Visit Webpage", "Webpage ID", "Client IP Address", "Query Parameters"),
    _type(2, "Fill Out Form", "Webform ID", "Form Fields", "Webpage ID"),
    _type(9, "Unsubscribe Email", "Mailing ID", "Campaign Run ID"),
    _type(12, "New Lead", "Lead ID", "Created Date", "Source Type", "List Name", "Form Name"),
    _type(
        13,
        "Change Data Value",
        "Attribute Name",
        *(*_CHANGE, "Source", "API Method Name", "Modifying User", "Request Id"),
    ),
    _type(22, "Change Score", "Score Name", "Change Value", *_CHANGE),
    _type(23, "Change Owner", "Lead ID", "Owner", "Old Owner"),
    _type(24, "Add to List", "List ID", "Source"),
    _type(25, "Remove from List", "List ID", "Source"),
    _type(
        32,
        "Merge Leads",
        "Lead ID",
        *("Merge IDs", "Merge Fields", "Master Updated", "Merge Source", "Merged in Sales"),
    ),
    _type(37, "Delete Lead", "Lead ID"),
    _type(47, "Request Campaign", "Campaign ID", "Source"),
    _type(
        100,
        "Change Lead Partition",
        "Lead ID",
        *("New Partition ID", "Old Partition ID", "Reason"),
    ),
    _type(300, "Sync Lead to Microsoft", "Lead ID", "Assign To", "Sync As"),
)


def all_types(database: Database) -> dict[int, Json]:
    """Return every usable type by id; a custom one as it was last approved."""
    types = {int(item["id"]): item for item in STANDARD_TYPES}
    sql = "SELECT * FROM activity_type_custom WHERE approved IS NOT NULL AND NOT deleted"
    for row in database.rows(sql):
        types[row["id"]] = _shown(row["id"], json.loads(row["approved"]))
    return types


def _shown(number: int, spec: Json) -> Json:
    return {
        "id": number,
        "apiName": spec["apiName"],
        "name": spec["name"],
        "description": spec.get("description", ""),
        "primaryAttribute": _attribute(spec["primaryAttribute"]),
        "attributes": [_attribute(item) for item in spec["attributes"]],
    }


def _attribute(item: Json) -> Json:
    return {name: item[name] for name in ("apiName", "name", "dataType")}
