"""Queries over rows: collections, single rows, expansions (reference 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.errors import unknown_property
from leadsync_sandbox.dynamics.exchange import Request
from leadsync_sandbox.dynamics.layout import quoted
from leadsync_sandbox.dynamics.preferences import MAX_PAGE, Preferences
from leadsync_sandbox.dynamics.query.collections import find_collection
from leadsync_sandbox.dynamics.query.cookies import read_cookie, write_cookie
from leadsync_sandbox.dynamics.query.options import Expand, Query, parse_query
from leadsync_sandbox.dynamics.query.paging import behind, complete_order, order_clause
from leadsync_sandbox.dynamics.query.sql import SqlFilter
from leadsync_sandbox.dynamics.rendering import Renderer
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.security import require_privilege
from leadsync_sandbox.dynamics.session import Session

_TOTAL = "Microsoft.Dynamics.CRM.totalrecordcount"


def read_page(session: Session, table: Table, request: Request) -> dict[str, Any]:
    """Return one page of a collection as the response body."""
    require_privilege(session, table, "Read")
    query, prefer = parse_query(table, request.parameters), request.preferences
    page, state = read_cookie(query.skip_token) if query.skip_token else (1, {})
    size = prefer.page_size or min(query.top or MAX_PAGE, MAX_PAGE)
    found = _select_rows(session, table, query, size + 1, last=state.get("last"))
    content: dict[str, Any] = {"@odata.context": context(session, table, query)}
    if query.count:
        content["@odata.count"] = count_rows(session, table, query)
    if prefer.wants(_TOTAL):
        content[f"@{_TOTAL}"] = content.get("@odata.count", -1)
        content[f"@{_TOTAL}limitexceeded"] = content.get("@odata.count", -1) >= MAX_PAGE
    content["value"] = render(session, table, query, prefer, found[:size])
    only_top = query.top is not None and prefer.page_size is None and query.top <= MAX_PAGE
    if len(found) > size and not only_top:
        order = complete_order(table, query.order)
        last = [found[size - 1][part.column] for part in order]
        cookie = write_cookie(page + 1, {"last": last})
        content["@odata.nextLink"] = link(session, table, request.query, f"$skiptoken={cookie}")
    return content


def read_row(
    session: Session, table: Table, row: Row, parameters: Mapping[str, str], prefer: Preferences
) -> dict[str, Any]:
    """Return one row as the response body."""
    require_privilege(session, table, "Read")
    query = parse_query(table, parameters)
    [content] = render(session, table, query, prefer, [row])
    return {"@odata.context": context(session, table, query, "/$entity"), **content}


def count_rows(session: Session, table: Table, query: Query) -> int:
    """Return how many rows fit a query, at most 5000."""
    where, parameters = _where(session, table, query, None)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {quoted(table.name)} t {where} LIMIT {MAX_PAGE})"
    return int(session.database.value(sql, parameters))


def context(session: Session, table: Table, query: Query, suffix: str = "") -> str:
    """Return the ``@odata.context`` of a response."""
    names = [
        column.property_name for column in query.select or () if column.name != table.primary_id
    ]
    names += [
        f"{expand.navigation}({expand.options.get('$select', '')})" for expand in query.expand
    ]
    shape = f"({','.join(names)})" if names else ""
    return f"{session.root}$metadata#{table.entity_set}{shape}{suffix}"


def link(session: Session, table: Table, raw_query: str, token: str) -> str:
    """Return the URL of the collection with the query's options and a token."""
    kept = [part for part in raw_query.split("&") if part and not _is_token(part)]
    return f"{session.root}{table.entity_set}?{'&'.join([*kept, token])}"


def render(
    session: Session, table: Table, query: Query, prefer: Preferences, found: Sequence[Row]
) -> list[dict[str, Any]]:
    """Return rows as JSON objects with their expansions."""
    contents = Renderer(session, table, query.select, prefer).rows(found)
    for expand in query.expand:
        for row, content in zip(found, contents, strict=True):
            content.update(_expanded(session, table, expand, row, prefer))
    return contents


def _is_token(part: str) -> bool:
    return part.partition("=")[0].replace("%24", "$") in ("$skiptoken", "$deltatoken")


def _select_rows(
    session: Session,
    table: Table,
    query: Query,
    limit: int,
    *,
    last: list[Any] | None = None,
    parent: tuple[str, str] | None = None,
) -> list[Row]:
    order = complete_order(table, query.order)
    where, parameters = _where(session, table, query, last)
    if parent is not None:
        where = f"{where} AND" if where else "WHERE"
        where = f"{where} t.{quoted(parent[0])} = ?"
        parameters = [*parameters, parent[1]]
    sql = (
        f"SELECT {_columns(table, query)} FROM {quoted(table.name)} t {where} "
        f"ORDER BY {order_clause(order)} LIMIT {limit}"
    )
    return [dict(row) for row in session.database.rows(sql, parameters)]


def _columns(table: Table, query: Query) -> str:
    if query.select is None or query.expand:
        return "t.*"
    names = {table.primary_id, "versionnumber", *(part.column for part in query.order)}
    for column in query.select:
        names.add(column.name)
        if column.is_polymorphic:
            names.add(column.type_storage)
    return ", ".join(f"t.{quoted(name)}" for name in sorted(names))


def _where(
    session: Session, table: Table, query: Query, last: list[Any] | None
) -> tuple[str, list[Any]]:
    compiler = SqlFilter(session, table)
    tests = [compiler.condition(query.condition)] if query.condition is not None else []
    parameters = compiler.parameters
    if hidden := session.settings["unreachable_rows"]:
        tests.append(f"t.{quoted(table.primary_id)} NOT IN ({', '.join('?' * len(hidden))})")
        parameters += hidden
    if last is not None:
        test, values = behind(complete_order(table, query.order), last)
        tests.append(test)
        parameters += values
    return f"WHERE {' AND '.join(tests)}" if tests else "", parameters


def _expanded(
    session: Session, table: Table, expand: Expand, row: Row, prefer: Preferences
) -> dict[str, Any]:
    lookup = table.navigation.get(expand.navigation)
    if lookup is None:
        return _expanded_collection(session, table, expand, row, prefer)
    declared = lookup.navigation[expand.navigation]
    target_name = str(row[lookup.type_storage]) if lookup.is_polymorphic else declared
    target = session.schema.tables.get(target_name)
    matches = declared in (target_name, "principal")
    found = rows.find(session, target, row[lookup.name]) if target and matches else None
    if target is None or found is None:
        return {expand.navigation: None}
    query = parse_query(target, expand.options)
    [content] = render(session, target, query, prefer, [found])
    del content["@odata.etag"]
    if declared == "principal":
        content["ownerid"] = found[target.primary_id]
    return {expand.navigation: content}


def _expanded_collection(
    session: Session, table: Table, expand: Expand, row: Row, prefer: Preferences
) -> dict[str, Any]:
    name = expand.navigation
    reached = find_collection(session.schema, table, name)
    if reached is None:
        raise unknown_property(name, table.name)
    child, column = reached
    query = parse_query(child, expand.options)
    children = _select_rows(
        session, child, query, query.top or MAX_PAGE, parent=(column.name, row[table.primary_id])
    )
    url = f"{session.address(table, row[table.primary_id])}/{name}"
    return {
        name: render(session, child, query, prefer, children),
        f"{name}@odata.nextLink": url,
    }
