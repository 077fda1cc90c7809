"""Request bodies turned into stored values: names, types, binds (reference 9, 23 item 4)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from leadsync_sandbox.dynamics.addresses import resolve_bind
from leadsync_sandbox.dynamics.errors import (
    payload_error,
    undeclared_navigation,
    undeclared_property,
)
from leadsync_sandbox.dynamics.schema import Column, Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import to_storage

_BIND = "@odata.bind"


@dataclass(slots=True)
class Payload:
    """A body in stored form.

    :param values: by column; a polymorphic lookup has its target table under ``type_storage``.
    :param nested: rows to create first, by navigation property (deep insert, section 5).
    :param type_name: the ``@odata.type`` that was sent, without ``#``.
    :param id_link: the ``@odata.id`` that was sent.
    """

    values: dict[str, Any] = field(default_factory=dict)
    nested: dict[str, dict[str, Any]] = field(default_factory=dict)
    type_name: str | None = None
    id_link: str | None = None


def parse_json(entity_set: str, body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body.

    :raises ApiError: 400 ``0x80048d19`` when it is none.
    """
    try:
        content = json.loads(body, parse_constant=_refuse_constant)
    except ValueError as problem:
        raise payload_error(
            entity_set, f"Microsoft.OData.ODataException: Invalid JSON. {problem}"
        ) from None
    if not isinstance(content, dict):
        raise payload_error(
            entity_set,
            "Microsoft.OData.ODataException: When trying to read an entity, the JSON reader did "
            "not find a start of an object.",
        )
    return content


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def read_payload(session: Session, table: Table, body: dict[str, Any]) -> Payload:
    """Check names and types, then resolve binds, in the service's order.

    :raises ApiError: 400 ``0x80048d19`` for names and types, 404 for a bound row that is missing.
    """
    payload = Payload()
    binds: list[tuple[Column, str, Any]] = []
    for name, value in body.items():
        if "@" in name:
            _annotation(table, payload, binds, name, value)
        elif name in table.navigation and isinstance(value, dict):
            payload.nested[name] = value
        else:
            column = _column(table, name)
            payload.values[column.name] = to_storage(table, column, value)
    for column, navigation, link in binds:
        payload.values.update(_bound(session, table, column, navigation, link))
    return payload


def _annotation(
    table: Table, payload: Payload, binds: list[tuple[Column, str, Any]], name: str, value: Any
) -> None:
    if name.endswith(_BIND):
        navigation = name[: -len(_BIND)]
        if navigation not in table.navigation:
            raise undeclared_navigation(table.entity_set, navigation)
        binds.append((table.navigation[navigation], navigation, value))
    elif name == "@odata.type":
        payload.type_name = str(value).lstrip("#")
    elif name == "@odata.id":
        payload.id_link = str(value)


def _column(table: Table, name: str) -> Column:
    column = table.properties.get(name)
    if column is None:
        raise undeclared_property(table.entity_set, table.name, name)
    if column.is_lookup:
        raise payload_error(
            table.entity_set,
            "Microsoft.Crm.CrmException: CRM do not support direct update of Entity Reference "
            "properties, Use Navigation properties instead.",
        )
    return column


def _bound(
    session: Session, table: Table, column: Column, navigation: str, link: Any
) -> dict[str, Any]:
    if link is None:
        return lookup_values(column, None, None)
    if not isinstance(link, str):
        raise payload_error(
            table.entity_set,
            "Microsoft.OData.ODataException: The value of the annotation 'odata.bind' must be a "
            "string.",
        )
    target, row_id = resolve_bind(session, link)
    declared = column.navigation[navigation]
    allowed = column.targets if declared == "principal" else (declared,)
    if target.name not in allowed:
        raise payload_error(
            table.entity_set,
            f"Microsoft.OData.ODataException: The navigation property '{navigation}' leads to "
            f"'{', '.join(allowed)}', not to '{target.name}'.",
        )
    return lookup_values(column, target.name, row_id)


def lookup_values(column: Column, target: str | None, row_id: str | None) -> dict[str, Any]:
    """Return the stored columns of a lookup."""
    values: dict[str, Any] = {column.name: row_id}
    if column.is_polymorphic:
        values[column.type_storage] = target
    return values
