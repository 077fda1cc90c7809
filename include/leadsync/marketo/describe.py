"""Person schema: the fields, and which can be searched (reference/marketo-rest.md 7.1)."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.marketo.session import MarketoSession
from leadsync.model import Json, MarketoField

#: described as writable, yet never settable (reference/marketo-rest.md 7.1).
_NEVER_SETTABLE = frozenset({"id"})


@dataclass(frozen=True, slots=True)
class PersonObject:
    """What ``describe2`` tells on top.

    :param searchable: fields that can be a filter or a lookup field on their own.
    :param crm_managed: fields that a native CRM sync owns.
    """

    searchable: frozenset[str]
    crm_managed: frozenset[str]


def describe_fields(session: MarketoSession) -> dict[str, MarketoField]:
    """Return the person fields that REST can see, by REST name."""
    answer = session.query("/rest/v1/leads/describe.json")
    fields = (_field(item) for item in answer.result if isinstance(item.get("rest"), dict))
    return {field.name: field for field in fields if field.name}


def describe_object(session: MarketoSession) -> PersonObject:
    """Return what is searchable and what a native CRM sync owns."""
    answer = session.query("/rest/v1/leads/describe2.json")
    groups = [group for item in answer.result for group in item.get("searchableFields") or ()]
    fields = [field for item in answer.result for field in item.get("fields") or ()]
    return PersonObject(
        searchable=frozenset(str(group[0]) for group in groups if len(group) == 1),
        crm_managed=frozenset(str(field["name"]) for field in fields if field.get("crmManaged")),
    )


def _field(item: Json) -> MarketoField:
    name = str(item["rest"].get("name", ""))
    length = item.get("length")
    return MarketoField(
        name=name,
        display_name=str(item.get("displayName") or name),
        data_type=str(item.get("dataType", "string")),
        length=length if isinstance(length, int) else None,
        read_only=bool(item["rest"].get("readOnly", False)) or name in _NEVER_SETTABLE,
    )
