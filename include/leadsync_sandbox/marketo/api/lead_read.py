"""Reading persons: by id and by filter (reference/marketo-rest.md 7.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.fields import SEARCHABLE_STANDARD, Field
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.people import DEFAULT_FIELDS, Person
from leadsync_sandbox.marketo.request import Request, integer
from leadsync_sandbox.marketo.routes import Route
from leadsync_sandbox.marketo.tokens import Position, read_token, write_token
from leadsync_sandbox.marketo.writing import lookup_value

MOST_MATCHES = 1000
MOST_VALUES = 300
#: filterTypes of instances with other connectors; here they match nobody.
_ABSENT = {name: Field(0, name, name, "string") for name in SEARCHABLE_STANDARD}


def asked_fields(request: Request, fields: Mapping[str, Field]) -> Sequence[str]:
    """Return the fields to show: those of parameter ``fields`` or the six default ones.

    :raises MarketoError: 1006 for an unknown one.
    """
    names = [name.strip() for name in request.listed("fields") if name.strip()]
    for name in names:
        if name not in fields:
            raise MarketoError("1006", f"Field '{name}' not found")
    return names or DEFAULT_FIELDS


def page(
    people: Sequence[Person], most: int, names: Sequence[str], fields: Mapping[str, Field]
) -> Json:
    """Return a page of persons, one more than ``most`` telling that there is another page."""
    members: Json = {"result": [person.shown(names, fields) for person in people[:most]]}
    if len(people) > most:
        token = write_token(Position("leads", people[most - 1].id))
        members |= {"nextPageToken": token, "moreResult": True}
    return members


def after_token(box: Instance, request: Request) -> int:
    """Return the id behind which the asked page starts."""
    token = request.get("nextPageToken")
    return read_token(token, box.settings).after if token else 0


def get_lead(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/lead/{id}.json``."""
    fields = box.fields.all()
    names = asked_fields(request, fields)
    number = integer("id", request.path["id"])
    person = box.people.by_ids([number]).get(number)
    if person is None:
        raise MarketoError(box.settings["missing_person_code"], f"Lead '{number}' not found")
    return {"result": [person.shown(names, fields)]}


def get_leads(box: Instance, request: Request) -> Json:
    """``GET /rest/v1/leads.json?filterType=&filterValues=``."""
    fields = box.fields.all()
    name = request.required("filterType")
    values = _filter_values(request, name, fields)
    names = asked_fields(request, fields)
    most = request.batch_size()
    if box.people.count(name, values) > MOST_MATCHES:
        raise MarketoError("1003", "Too many results match the filter")
    found = box.people.find(name, values, after=after_token(box, request), most=most + 1)
    return page(found, most, names, fields)


def _filter_values(request: Request, name: str, fields: Mapping[str, Field]) -> list[Any]:
    field = fields.get(name) or _ABSENT.get(name)
    if field is None:
        raise MarketoError("1003", f"Invalid filterType '{name}'")
    if not field.searchable:
        raise MarketoError("1011", f"Field '{name}' not supported")
    raw = request.required("filterValues").split(",")
    if len(raw) > MOST_VALUES:
        raise MarketoError("1003", f"More than {MOST_VALUES} filter values")
    return [value for value in (lookup_value(field, part) for part in raw) if value is not None]


ROUTES = [
    Route("GET", "/rest/v1/lead/{id}.json", get_lead, "Read-Only Lead"),
    Route("GET", "/rest/v1/leads.json", get_leads, "Read-Only Lead"),
]
