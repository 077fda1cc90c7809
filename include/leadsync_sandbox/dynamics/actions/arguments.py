"""Parameters of actions."""

from __future__ import annotations

from typing import Any

from leadsync_sandbox.dynamics.errors import missing_argument, payload_error, query_error
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import GUID

_CRM = "Microsoft.Dynamics.CRM."


def required(body: dict[str, Any], name: str, kind: type) -> Any:
    """Return a parameter of the given JSON type.

    :raises ApiError: 400 ``0x80040203`` when it is missing or of another type.
    """
    value = body.get(name)
    if value is None or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise missing_argument(name)
    return value


def typed_table(session: Session, item: dict[str, Any], set_name: str) -> Table:
    """Return the table that an ``@odata.type`` names.

    :raises ApiError: 400 when the annotation is missing or unknown.
    """
    type_name = str(item.get("@odata.type", "")).lstrip("#")
    table = session.schema.tables.get(type_name.removeprefix(_CRM))
    if not type_name.startswith(_CRM) or table is None:
        raise payload_error(
            set_name,
            "Microsoft.OData.ODataException: A type named "
            f"'{type_name or None}' could not be resolved by the model. Each entity needs "
            "@odata.type.",
        )
    return table


def reference(session: Session, item: dict[str, Any], set_name: str) -> tuple[Table, str]:
    """Return table and id of an entity parameter ``{"@odata.type": ..., "<key>": ...}``."""
    table = typed_table(session, item, set_name)
    row_id = str(item.get(table.primary_id, ""))
    if not GUID.fullmatch(row_id):
        raise query_error("Entity Id must be specified for Operation")
    return table, row_id.lower()
