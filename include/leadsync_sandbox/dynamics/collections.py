"""Requests on a whole entity set: pages, change tracking and counts."""

from __future__ import annotations

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.delta import count_changes, is_tracking_cookie, read_changes
from leadsync_sandbox.dynamics.exchange import Request, json_reply
from leadsync_sandbox.dynamics.query.options import parse_query
from leadsync_sandbox.dynamics.reading import count_rows, read_page
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.security import require_privilege
from leadsync_sandbox.dynamics.session import Session


def read(session: Session, request: Request, table: Table) -> Answer:
    """Return a page of rows, or of changes when tracking was asked for."""
    parameters, prefer = request.parameters, request.preferences
    tracking = (
        prefer.track_changes
        or "$deltatoken" in parameters
        or is_tracking_cookie(parameters.get("$skiptoken"))
    )
    reader = read_changes if tracking else read_page
    return json_reply(reader(session, table, request), headers=prefer.applied)


def count(session: Session, request: Request, table: Table) -> Answer:
    """Return the number of rows, or of waiting changes, as plain text."""
    require_privilege(session, table, "Read")
    query = parse_query(table, request.parameters)
    if query.delta_token is not None:
        number = count_changes(session, table, query.delta_token)
    else:
        number = count_rows(session, table, query)
    return Answer(
        200, {"Content-Type": "text/plain", "OData-Version": "4.0"}, f"\ufeff{number}".encode()
    )
