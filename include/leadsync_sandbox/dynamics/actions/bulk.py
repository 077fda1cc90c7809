"""CreateMultiple, UpdateMultiple and UpsertMultiple: all rows or none (section 12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.actions.arguments import typed_table
from leadsync_sandbox.dynamics.addresses import Address, parse_address
from leadsync_sandbox.dynamics.errors import ApiError, missing_argument, query_error
from leadsync_sandbox.dynamics.exchange import Request, empty_reply, json_reply
from leadsync_sandbox.dynamics.payload import parse_json
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import GUID
from leadsync_sandbox.dynamics.writing import create, update

Json = dict[str, Any]


def create_multiple(session: Session, request: Request, table: Table) -> Answer:
    """Create all targets; ids in their order."""
    targets = _targets(session, request, table, "CreateMultiple")
    ids = [create(session, table, target) for target in targets]
    context = f"{session.root}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"
    return json_reply({"@odata.context": context, "Ids": ids})


def update_multiple(session: Session, request: Request, table: Table) -> Answer:
    """Update all targets by their primary key; ETags play no part."""
    for target in _targets(session, request, table, "UpdateMultiple"):
        row_id = str(target.get(table.primary_id, "")).lower()
        if not GUID.fullmatch(row_id):
            raise missing_entity_id()
        row = rows.find(session, table, row_id)
        if row is None:
            raise ApiError(
                404, "0x80040217", f"{table.schema_name} With Ids = {row_id} Do Not Exist"
            )
        update(session, table, row, target)
    return empty_reply()


def upsert_multiple(session: Session, request: Request, table: Table) -> Answer:
    """Create or update all targets by primary key or by the alternate key in ``@odata.id``."""
    for target in _targets(session, request, table, "UpsertMultiple"):
        address = _address(table, target)
        row = address.locate(session)
        if row is not None:
            update(session, table, row, target)
        elif set(address.key) & set(target):
            raise ApiError(400, "0x80040216", "An unexpected error occurred.")
        else:
            key = {table.primary_id: address.row_id} if address.row_id else address.key
            create(session, table, target, key=key)
    return empty_reply()


def delete_multiple(_session: Session, _request: Request, _table: Table) -> Answer:
    """Standard tables do not have it."""
    raise ApiError(405, "0x80040315", "DeleteMultiple has not yet been implemented.")


ACTIONS: dict[str, Callable[[Session, Request, Table], Answer]] = {
    "CreateMultiple": create_multiple,
    "UpdateMultiple": update_multiple,
    "UpsertMultiple": upsert_multiple,
    "DeleteMultiple": delete_multiple,
}


def missing_entity_id() -> ApiError:
    """Return the error for a target without its key."""
    return query_error("Entity Id must be specified for Operation")


def _targets(session: Session, request: Request, table: Table, action: str) -> list[Json]:
    _require_available(session, table, action)
    body = parse_json(table.entity_set, request.body)
    if "Targets" not in body:
        raise missing_argument("Targets")
    targets = body["Targets"]
    if not isinstance(targets, list) or not targets:
        raise ApiError(
            400,
            "0x80040203",
            "System.ArgumentException: The value of the parameter 'Targets' cannot be null or "
            "empty.",
        )
    for target in targets:
        found = typed_table(session, target, table.entity_set)
        if found.name != table.name:
            raise query_error(
                "This entity cannot be added to the specified collection. The collection can have "
                f"entities with PlatformName = {table.name} while this entity has Platform Name: "
                f"{found.name}"
            )
    return targets


def _require_available(session: Session, table: Table, action: str) -> None:
    sql = (
        "SELECT 1 FROM sdkmessagefilter f JOIN sdkmessage m ON m.sdkmessageid = f.sdkmessageid "
        "WHERE m.name = ? AND f.primaryobjecttypecode = ?"
    )
    off = f"{table.name}.{action}" in session.settings["bulk_actions_off"]
    message = "CreateMultiple" if action == "UpsertMultiple" else action
    if off or session.database.value(sql, (message, table.name)) is None:
        raise query_error(
            f"The message '{action}' is not supported for the table '{table.name}'.", 404
        )


def _address(table: Table, target: Json) -> Address:
    link = target.get("@odata.id")
    if link is not None:
        _, _, rest = str(link).rpartition("/")
        return parse_address(table, rest.partition("(")[2].removesuffix(")"))
    row_id = str(target.get(table.primary_id, ""))
    if not GUID.fullmatch(row_id):
        raise missing_entity_id()
    return parse_address(table, row_id)
