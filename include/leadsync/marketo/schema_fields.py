"""Listing and creating custom person fields (reference/marketo-rest.md 7.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.errors import TransientApiError
from leadsync.marketo.envelope import errors_of
from leadsync.marketo.pages import all_pages
from leadsync.marketo.session import MarketoSession
from leadsync.model import Json, RecordError

PATH = "/rest/v1/leads/schema/fields.json"


@dataclass(frozen=True, slots=True)
class NewField:
    """A custom field to create; a field can be hidden later, but never deleted.

    :param data_type: ``string``, ``boolean``, ``integer``, ``datetime``, ``date``, ``text``, ...
    """

    name: str
    display_name: str
    data_type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class FieldResult:
    """Outcome for one field, in input order."""

    name: str
    created: bool
    errors: tuple[RecordError, ...] = ()


def field_names(session: MarketoSession) -> frozenset[str]:
    """Return the names of all person fields, those that are hidden included."""
    items = all_pages(session, PATH, {"batchSize": "300"})
    return frozenset(str(item["name"]) for item in items if "name" in item)


def create_fields(session: MarketoSession, fields: Sequence[NewField]) -> list[FieldResult]:
    """Create custom fields; the API user needs Read-Write Schema Custom Field.

    :raises PermissionDeniedError: the API user's role lacks that permission.
    :raises TransientApiError: not every field has a result; describe tells which exist.
    """
    if not fields:
        return []
    body = {"input": [_body(field) for field in fields]}
    answer = session.post(PATH, body, repeatable=False)
    if len(answer.result) != len(fields):
        raise TransientApiError(
            f"{len(answer.result)} results for {len(fields)} fields; outcome unknown",
            system="marketo",
            call=f"POST {PATH}",
        )
    return [
        FieldResult(field.name, str(item.get("status")) == "created", errors_of(item))
        for field, item in zip(fields, answer.result, strict=True)
    ]


def _body(field: NewField) -> Json:
    body = {"name": field.name, "displayName": field.display_name, "dataType": field.data_type}
    return {**body, "description": field.description} if field.description else body
