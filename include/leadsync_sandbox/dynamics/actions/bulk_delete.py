"""BulkDelete: the asynchronous job, done at once (section 12)."""

from __future__ import annotations

import uuid
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.actions.arguments import required
from leadsync_sandbox.dynamics.errors import query_error
from leadsync_sandbox.dynamics.exchange import Request, json_reply
from leadsync_sandbox.dynamics.payload import parse_json
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.writing import delete

Json = dict[str, Any]


def bulk_delete(session: Session, request: Request) -> Answer:
    """Answer ``POST BulkDelete`` for queries that name rows by primary key.

    :raises ApiError: 400 for other queries, which this stand-in does not run.
    """
    body = parse_json("BulkDelete", request.body)
    required(body, "JobName", str)
    required(body, "SendEmailNotification", bool)
    for query in required(body, "QuerySet", list):
        table = session.schema.tables.get(query.get("EntityName"))
        if table is None:
            raise query_error(f"The table '{query.get('EntityName')}' does not exist.")
        for row_id in _named_rows(table, query):
            row = rows.find(session, table, row_id)
            if row is not None:
                delete(session, table, row)
    context = f"{session.root}$metadata#Microsoft.Dynamics.CRM.BulkDeleteResponse"
    return json_reply({"@odata.context": context, "JobId": str(uuid.uuid4())})


def _named_rows(table: Table, query: Json) -> list[str]:
    conditions = (query.get("Criteria") or {}).get("Conditions") or []
    if len(conditions) != 1:
        raise query_error("A bulk deletion needs one condition on the primary key.")
    [condition] = conditions
    if condition.get("AttributeName") != table.primary_id or condition.get("Operator") != "In":
        raise query_error("A bulk deletion needs the primary key with the operator In.")
    return [str(value["Value"]).lower() for value in condition["Values"]]
