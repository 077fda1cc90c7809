"""Merge: the subordinate is deactivated and points to its master (section 8.4)."""

from __future__ import annotations

from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.actions.arguments import reference, required
from leadsync_sandbox.dynamics.errors import query_error
from leadsync_sandbox.dynamics.exchange import Request, empty_reply
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.payload import parse_json
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.security import require_privilege
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.writing import update

#: state and reason of a merged row.
_CLOSED = {"lead": (2, 7), "contact": (1, 2), "account": (1, 2)}
#: lookups of other rows that move to the master.
_MOVED = {
    "contact": [("lead", "parentcontactid"), ("account", "primarycontactid")],
    "account": [("contact", "parentcustomerid"), ("lead", "parentaccountid")],
    "lead": [("contact", "originatingleadid"), ("account", "originatingleadid")],
}


def merge_rows(session: Session, request: Request) -> Answer:
    """Answer ``POST Merge``."""
    body = parse_json("Merge", request.body)
    table, target_id = reference(session, required(body, "Target", dict), "Merge")
    other, loser_id = reference(session, required(body, "Subordinate", dict), "Merge")
    required(body, "PerformParentingChecks", bool)
    if table.name not in _CLOSED or other.name != table.name:
        raise query_error(f"Rows of {table.name} and {other.name} cannot be merged.")
    content: dict[str, Any] = body.get("UpdateContent") or {}
    merge(session, table, target_id, loser_id, content)
    return empty_reply()


def merge(
    session: Session, table: Table, target_id: str, loser_id: str, content: dict[str, Any]
) -> None:
    """Merge ``loser_id`` into ``target_id``; only ``content`` is written to the target.

    :raises ApiError: 404 when one of them is missing, 400 when they are one row.
    """
    require_privilege(session, table, "Merge")
    target, loser = (rows.require(session, table, row_id) for row_id in (target_id, loser_id))
    if target_id == loser_id:
        raise query_error("The Target and the Subordinate of a merge must differ.")
    update(session, table, target, content)
    state, reason = _CLOSED[table.name]
    values = {
        "merged": 1,
        "masterid": target_id,
        "statecode": state,
        "statuscode": reason,
        "modifiedon": session.timestamp,
        "modifiedby": session.user_id,
    }
    rows.update(session, table, loser[table.primary_id], values)
    for child_name, column in _MOVED[table.name]:
        _move(session, session.table(child_name), column, loser_id, target_id)


def _move(session: Session, child: Table, column: str, loser_id: str, target_id: str) -> None:
    sql = f"SELECT {quoted(child.primary_id)} FROM {quoted(child.name)} WHERE {quoted(column)} = ?"
    for (child_id,) in session.database.rows(sql, (loser_id,)):
        rows.update(session, child, child_id, {column: target_id})
