"""Change tracking: a full load, then what changed since a token (reference 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from leadsync_sandbox.dynamics.errors import ApiError, query_error
from leadsync_sandbox.dynamics.exchange import Request
from leadsync_sandbox.dynamics.layout import counter, quoted
from leadsync_sandbox.dynamics.preferences import MAX_PAGE
from leadsync_sandbox.dynamics.query.cookies import read_cookie, write_cookie
from leadsync_sandbox.dynamics.query.options import Query, parse_query
from leadsync_sandbox.dynamics.reading import context, link, render
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.security import require_privilege
from leadsync_sandbox.dynamics.session import Session

_FORBIDDEN = ("$filter", "$orderby", "$expand", "$top")
_TOKEN = re.compile(r"(\d+)!(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)")
_TIME = "%m/%d/%Y %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come.

    :param since: version from which changes count; ``None`` in a full load.
    :param until: version up to which this read goes; the new token starts there.
    :param row: last row delivered: its id in a full load, else its version.
    :param dead: version of the last deletion delivered.
    """

    since: int | None
    until: int
    row: Any
    dead: int


def read_changes(session: Session, table: Table, request: Request) -> dict[str, Any]:
    """Return one page of a full load or of the changes since a ``$deltatoken``.

    :raises ApiError: 400 for options that change tracking does not know and for an expired token
        (``0x80044352``), 403 without organisation-level read.
    """
    require_privilege(session, table, "Read")
    require_privilege(session, table, "Read", "organization")
    _require_trackable(table, request.parameters)
    query, prefer = parse_query(table, request.parameters), request.preferences
    page, position = _position(session, table, query)
    size = prefer.page_size or MAX_PAGE
    found = _changed(session, table, query, position, size + 1)
    dead = _deleted(session, table, position, size + 1 - len(found))
    suffix = "" if position.since is None else "/$delta"
    content: dict[str, Any] = {"@odata.context": context(session, table, query, suffix)}
    more = len(found) + len(dead) > size
    found, dead = found[:size], dead[: max(0, size - len(found))]
    if more:
        cookie = write_cookie(page + 1, _state(table, position, found, dead), tracking=True)
        content["@odata.nextLink"] = link(session, table, request.query, f"$skiptoken={cookie}")
    elif not prefer.annotations:  # a reader of formatted values loses the link (section 10.1)
        content["@odata.deltaLink"] = link(session, table, request.query, _token(session, position))
    content["value"] = render(session, table, query, prefer, found) + [
        _deleted_entry(session, table, row_id) for row_id, _ in dead
    ]
    return content


def count_changes(session: Session, table: Table, token: str) -> int:
    """Return how many changes wait behind a token."""
    position = _since_token(session, table, token)
    sql = f"SELECT count(*) FROM {quoted(table.name)} WHERE versionnumber > ?"
    dead = "SELECT count(*) FROM tombstone WHERE table_name = ? AND version > ?"
    changed = session.database.value(sql, (position.since,))
    return int(changed + session.database.value(dead, (table.name, position.since)))


def is_tracking_cookie(text: str | None) -> bool:
    """Tell whether a ``$skiptoken`` continues a change-tracking read."""
    return text is not None and 'istracking="True"' in text


def _require_trackable(table: Table, parameters: Mapping[str, str]) -> None:
    for name in _FORBIDDEN:
        if name in parameters:
            raise query_error(
                f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.'
            )
    if not table.change_tracking:
        raise query_error(f"Change tracking is not enabled for the table '{table.name}'.")


def _position(session: Session, table: Table, query: Query) -> tuple[int, Position]:
    if query.skip_token is not None:
        page, state = read_cookie(query.skip_token)
        return page, Position(**state)
    if query.delta_token is not None:
        return 1, _since_token(session, table, query.delta_token)
    return 1, Position(None, counter(session.database, "row"), "", 0)


def _since_token(session: Session, table: Table, token: str) -> Position:
    matched = _TOKEN.fullmatch(token)
    if not matched:
        raise query_error(f"The delta token '{token}' is not valid.")
    since, moment = int(matched[1]), datetime.strptime(matched[2], _TIME).replace(tzinfo=UTC)
    days = timedelta(days=session.settings["change_tracking_days"])
    outdated = session.settings["metadata_change_expires_tokens"] and since < counter(
        session.database, f"schema changed: {table.name}"
    )
    if moment < session.now - days or outdated or since > counter(session.database, "row"):
        raise ApiError(
            400,
            "0x80044352",
            "Version stamp associated with the client has expired. Please perform a full sync.",
        )
    return Position(since, counter(session.database, "row"), since, since)


def _token(session: Session, position: Position) -> str:
    text = f"{position.until}!{session.now.strftime(_TIME)}"
    return f"$deltatoken={quote(text, safe='')}"


def _state(
    table: Table, position: Position, found: list[Row], dead: list[tuple[str, int]]
) -> dict[str, Any]:
    key = table.primary_id if position.since is None else "versionnumber"
    return {
        "since": position.since,
        "until": position.until,
        "row": found[-1][key] if found else position.row,
        "dead": dead[-1][1] if dead else position.dead,
    }


def _changed(
    session: Session, table: Table, query: Query, position: Position, limit: int
) -> list[Row]:
    names = {table.primary_id, "versionnumber"} | {
        name
        for column in query.select or ()
        for name in [column.name] + ([column.type_storage] if column.is_polymorphic else [])
    }
    listed = ", ".join(quoted(name) for name in sorted(names)) if query.select else "*"
    if position.since is None:
        where, order, values = f"{quoted(table.primary_id)} > ?", table.primary_id, [position.row]
    else:
        where, order = "versionnumber > ? AND versionnumber <= ?", "versionnumber"
        values = [position.row, position.until]
    sql = (
        f"SELECT {listed} FROM {quoted(table.name)} WHERE {where} "
        f"ORDER BY {quoted(order)} LIMIT {limit}"
    )
    hidden = session.settings["unreachable_rows"]
    found = [dict(row) for row in session.database.rows(sql, values)]
    return [row for row in found if row[table.primary_id] not in hidden]


def _deleted(
    session: Session, table: Table, position: Position, limit: int
) -> list[tuple[str, int]]:
    if position.since is None or limit <= 0:
        return []
    found = session.database.rows(
        "SELECT id, version FROM tombstone WHERE table_name = ? AND version > ? AND version <= ? "
        "ORDER BY version LIMIT ?",
        (table.name, position.dead, position.until, limit),
    )
    return [(row["id"], row["version"]) for row in found]


def _deleted_entry(session: Session, table: Table, row_id: str) -> dict[str, Any]:
    return {
        "@odata.context": f"{session.root}$metadata#{table.entity_set}/$deletedEntity",
        "id": row_id,
        "reason": "deleted",
    }
