"""Shape of Marketo's activities (reference/marketo-rest.md 8)."""

from __future__ import annotations

import re
from typing import Any, Final

from leadsync.clock import parse_instant
from leadsync.model import Activity, FieldChange, Json

UNSUBSCRIBE_EMAIL: Final = 9
NEW_LEAD: Final = 12
CHANGE_DATA_VALUE: Final = 13
CHANGE_SCORE: Final = 22
MERGE_LEADS: Final = 32
DELETE_LEAD: Final = 37

_DIGITS = re.compile(r"\d+")
#: members outside of ``attributes`` that are kept beside them.
_PRIMARY = ("primaryAttributeValueId", "primaryAttributeValue", "campaignId")


def activity_of(item: Json) -> Activity:
    """Return an activity of a feed; ``attributes`` also holds the primary attribute's members.

    :raises ValueError: ``activityDate`` is no instant.
    :raises KeyError: person, type or date is missing.
    """
    return Activity(
        guid=_guid(item),
        person_id=int(item["leadId"]),
        type_id=int(item["activityTypeId"]),
        at=parse_instant(str(item["activityDate"])),
        changes=tuple(_change(change) for change in item.get("fields") or () if "name" in change),
        attributes=_attributes(item),
    )


def merged_person_ids(activity: Activity) -> tuple[int, ...]:
    """Return the losers of a Merge Leads activity, whose ``person_id`` is the winner.

    ``Merge IDs`` is a text that holds an array: ``"[2,3]"`` (reference/marketo-rest.md 8.1).
    """
    for name, value in activity.attributes.items():
        if name.casefold() == "merge ids":
            return tuple(int(digits) for digits in _DIGITS.findall(str(value)))
    return ()


def _guid(item: Json) -> str:
    """Return the key: ``id`` is not unique and may be missing, so it is the second choice."""
    key = item.get("marketoGUID") or item.get("id")
    if key is not None:
        return str(key)
    parts = ("leadId", "activityTypeId", "activityDate", "primaryAttributeValueId")
    return "-".join(str(item.get(part, "")) for part in parts)


def _attributes(item: Json) -> dict[str, Any]:
    listed = item.get("attributes") or ()
    named = {str(entry["name"]): entry.get("value") for entry in listed if "name" in entry}
    return {**{name: item[name] for name in _PRIMARY if item.get(name) is not None}, **named}


def _change(change: Json) -> FieldChange:
    return FieldChange(
        str(change["name"]), _text(change.get("oldValue")), _text(change.get("newValue"))
    )


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
