"""The ``Microsoft.Dynamics.CRM.*`` filter functions (section 4.3)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from leadsync_sandbox.dynamics.errors import query_error
from leadsync_sandbox.dynamics.query.tree import ServiceFunction
from leadsync_sandbox.dynamics.schema import Column
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import to_instant

_TEXT_LIMIT = 850
_PERIODS = {
    "LastXHours": timedelta(hours=1),
    "LastXDays": timedelta(days=1),
    "LastXWeeks": timedelta(weeks=1),
    "OlderThanXHours": timedelta(hours=1),
    "OlderThanXDays": timedelta(days=1),
}

Clause = tuple[str, list[Any]]


def service_function(session: Session, node: ServiceFunction, column: Column, sql: str) -> Clause:
    """Return the SQL clause of a function on ``column`` and its parameters.

    :raises ApiError: 400 for an unknown function or wrong arguments.
    """
    name = node.name
    if name in ("In", "NotIn"):
        return _membership(node, column, sql)
    if name in ("Between", "NotBetween"):
        return _between(node, column, sql)
    if name in ("On", "OnOrAfter", "OnOrBefore", "Today"):
        return _day(session, node, column, sql)
    if name in _PERIODS:
        return _period(session, node, column, sql)
    if name in ("ContainValues", "DoesNotContainValues"):
        return _contains(node, sql)
    if name in ("EqualUserId", "NotEqualUserId"):
        return f"{sql} {'=' if name == 'EqualUserId' else '<>'} ?", [session.user_id]
    raise query_error(f"An unknown function with name '{name}' was found.")


def _values(node: ServiceFunction) -> list[Any]:
    values = node.argument("PropertyValues")
    if not isinstance(values, list) or not values:
        raise query_error(f"The function '{node.name}' needs PropertyValues as a JSON array.")
    if any(isinstance(value, str) and len(value) > _TEXT_LIMIT for value in values):
        raise query_error(f"A value of '{node.name}' is longer than {_TEXT_LIMIT} characters.")
    return values


def _converted(column: Column, value: Any) -> Any:
    """Values may come as text whatever the column's type."""
    try:
        if column.edm in ("Edm.Int32", "Edm.Int64"):
            return int(value)
        if column.edm in ("Edm.Double", "Edm.Decimal"):
            return float(value)
        if column.edm == "Edm.Boolean":
            return int(str(value).lower() in ("true", "1"))
        if column.edm == "Edm.Guid":
            return str(value).lower().strip("{}")
        if column.edm == "Edm.DateTimeOffset":
            text = str(value)
            return to_instant(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        raise query_error(
            f"The value '{value}' does not fit '{column.name}' of type {column.edm}."
        ) from None
    return str(value)


def _membership(node: ServiceFunction, column: Column, sql: str) -> Clause:
    values = [_converted(column, value) for value in _values(node)]
    marks = ", ".join("?" * len(values))
    word = "IN" if node.name == "In" else "NOT IN"
    if any(isinstance(value, str) and not value.isascii() for value in values):
        return f"fold({sql}) {word} ({marks})", [str(value).casefold() for value in values]
    return f"{sql} {word} ({marks})", values


def _between(node: ServiceFunction, column: Column, sql: str) -> Clause:
    values = [_converted(column, value) for value in _values(node)]
    if len(values) != 2:
        raise query_error(f"The function '{node.name}' needs two values.")
    return f"{sql} {'NOT ' if node.name == 'NotBetween' else ''}BETWEEN ? AND ?", values


def _day(session: Session, node: ServiceFunction, column: Column, sql: str) -> Clause:
    given = node.argument("PropertyValue")
    text = session.timestamp[:10] if node.name == "Today" else str(given)[:10]
    try:
        day = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
    except ValueError:
        raise query_error(f"'{given}' is not a date.") from None
    start, end = _stored(column, day), _stored(column, day + timedelta(days=1))
    if node.name == "OnOrAfter":
        return f"{sql} >= ?", [start]
    if node.name == "OnOrBefore":
        return f"{sql} < ?", [end]
    return f"({sql} >= ? AND {sql} < ?)", [start, end]


def _period(session: Session, node: ServiceFunction, column: Column, sql: str) -> Clause:
    count = _converted_count(node)
    start = session.now - _PERIODS[node.name] * count
    if node.name.startswith("Older"):
        return f"{sql} < ?", [_stored(column, start)]
    if node.name != "LastXHours":
        start = datetime.combine(start.date(), time(), UTC)
    return f"({sql} >= ? AND {sql} <= ?)", [_stored(column, start), _stored(column, session.now)]


def _converted_count(node: ServiceFunction) -> int:
    try:
        return int(node.argument("PropertyValue"))
    except (TypeError, ValueError):
        raise query_error(f"The function '{node.name}' needs a number.") from None


def _stored(column: Column, moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d" if column.edm == "Edm.Date" else "%Y-%m-%dT%H:%M:%SZ")


def _contains(node: ServiceFunction, sql: str) -> Clause:
    """The row's codes share one with the given codes."""
    codes = [f"%,{value},%" for value in _values(node)]
    tests = " OR ".join(f"(',' || {sql} || ',') LIKE ?" for _ in codes)
    if node.name == "DoesNotContainValues":
        return f"NOT coalesce(({tests}), 0)", codes
    return f"({tests})", codes
