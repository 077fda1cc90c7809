"""Custom activity types: list, create, extend, approve (reference/marketo-rest.md 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.errors import RejectedError
from leadsync.marketo.session import MarketoSession
from leadsync.model import ActivityType, Json

_ROOT = "/rest/v1/activities/external"


@dataclass(frozen=True, slots=True)
class TypeAttribute:
    """An attribute of a custom activity type.

    :param data_type: ``string``, ``boolean``, ``integer``, ``float``, ``link``, ``email``,
        ``currency``, ``date``, ``datetime``, ``phone`` or ``text``.
    """

    api_name: str
    name: str
    data_type: str = "string"

    def body(self) -> Json:
        """Return the attribute as the API takes it."""
        return {"apiName": self.api_name, "name": self.name, "dataType": self.data_type}


@dataclass(frozen=True, slots=True)
class NewActivityType:
    """A custom activity type; trigger and filter name are what marketers see in smart lists."""

    api_name: str
    name: str
    trigger_name: str
    filter_name: str
    primary: TypeAttribute
    attributes: tuple[TypeAttribute, ...] = ()
    description: str = ""


def activity_types(session: MarketoSession) -> dict[str, ActivityType]:
    """Return the custom activity types by API name."""
    answer = session.query(f"{_ROOT}/types.json")
    return {found.api_name: found for found in map(_type, answer.result)}


def provide_type(session: MarketoSession, wanted: NewActivityType) -> ActivityType:
    """Return the approved type, creating or approving it where needed.

    :raises PermissionDeniedError: the API user's role lacks Read-Write Activity Metadata.
    """
    found = activity_types(session).get(wanted.api_name)
    if found is not None and found.usable:
        return found
    present: set[str] = set()
    if found is None:
        create_type(session, wanted)
    else:
        present = _attributes_of_draft(session, wanted.api_name)
    missing = [one for one in wanted.attributes if one.api_name not in present]
    add_attributes(session, wanted.api_name, missing)
    return approve_type(session, wanted.api_name)


def create_type(session: MarketoSession, wanted: NewActivityType) -> ActivityType:
    """Create a type as a draft with its primary attribute only."""
    body = {
        "apiName": wanted.api_name,
        "name": wanted.name,
        "triggerName": wanted.trigger_name,
        "filterName": wanted.filter_name,
        "description": wanted.description,
        "primaryAttribute": wanted.primary.body(),
    }
    return _only(session, f"{_ROOT}/type.json", body)


def add_attributes(
    session: MarketoSession, api_name: str, attributes: Sequence[TypeAttribute]
) -> None:
    """Add attributes to a draft; a type holds 20 at most."""
    if attributes:
        body = {"attributes": [attribute.body() for attribute in attributes]}
        _only(session, f"{_ROOT}/type/{api_name}/attributes/create.json", body)


def approve_type(session: MarketoSession, api_name: str) -> ActivityType:
    """Approve a draft: its names and primary attribute are fixed from now on."""
    return _only(session, f"{_ROOT}/type/{api_name}/approve.json", {})


def _attributes_of_draft(session: MarketoSession, api_name: str) -> set[str]:
    """Return the attributes that a draft has: its making may have been interrupted."""
    answer = session.query(f"{_ROOT}/type/{api_name}/describe.json", {"draft": "true"})
    listed = [one for item in answer.result for one in item.get("attributes") or ()]
    return {str(one.get("apiName")) for one in listed}


def _only(session: MarketoSession, path: str, body: Json) -> ActivityType:
    answer = session.post(path, body, repeatable=False)
    if not answer.result:
        raise RejectedError("the answer holds no type", system="marketo", call=f"POST {path}")
    return _type(answer.result[0])


def _type(item: Json) -> ActivityType:
    return ActivityType(
        type_id=int(item.get("id", 0)),
        api_name=str(item.get("apiName", "")),
        status=str(item.get("status", "")).lower(),
    )
