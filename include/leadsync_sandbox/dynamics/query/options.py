"""Reads the query options of a collection or row (section 4.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from leadsync_sandbox.dynamics.errors import ApiError, query_error, unknown_property
from leadsync_sandbox.dynamics.query.parser import parse_filter
from leadsync_sandbox.dynamics.query.tree import Condition
from leadsync_sandbox.dynamics.schema import Column, Table

_KNOWN = {
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$count",
    "$expand",
    "$skiptoken",
    "$deltatoken",
}
_EXPAND_LIMIT = 15
_COMPOSITE_PART = re.compile(r"(address\d)_(line\d|city|stateorprovince|postalcode|country)")


@dataclass(frozen=True, slots=True)
class Expand:
    """An expanded navigation property with its own options, still as text."""

    navigation: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Order:
    """One column of an ordering."""

    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Parsed options; ``select`` is ``None`` for all columns."""

    select: tuple[Column, ...] | None = None
    condition: Condition | None = None
    order: tuple[Order, ...] = ()
    top: int | None = None
    count: bool = False
    expand: tuple[Expand, ...] = ()
    skip_token: str | None = None
    delta_token: str | None = None


def parse_query(table: Table, parameters: Mapping[str, str]) -> Query:
    """Check and read query options.

    :raises ApiError: 400 ``0x80060888`` for unsupported options and unknown names.
    """
    _require_known(parameters)
    aliases = {name: text for name, text in parameters.items() if name.startswith("@")}
    text = parameters.get("$filter")
    return Query(
        select=_select(table, parameters.get("$select")),
        condition=parse_filter(text, aliases) if text is not None else None,
        order=_order(table, parameters.get("$orderby")),
        top=_top(parameters.get("$top")),
        count=parameters.get("$count") == "true",
        expand=parse_expands(parameters.get("$expand")),
        skip_token=parameters.get("$skiptoken"),
        delta_token=parameters.get("$deltatoken"),
    )


def _require_known(parameters: Mapping[str, str]) -> None:
    if "$skip" in parameters:
        raise query_error("Skip Clause is not supported in CRM")
    for name in parameters:
        if name.startswith("$") and name not in _KNOWN:
            raise query_error(f"The query parameter {name} is not supported.")
        if name in ("fetchXml", "savedQuery", "userQuery", "sql"):
            raise ApiError(405, "0x80040315", f"The query parameter {name} is not supported here.")


def _select(table: Table, text: str | None) -> tuple[Column, ...] | None:
    if text is None:
        return None
    chosen: dict[str, Column] = {}
    for name in (part.strip() for part in text.split(",")):
        if name in table.navigation or _is_lookup(table, name):
            continue  # the name of a lookup selects no value (section 4.1)
        if name not in table.properties:
            raise unknown_property(name, table.name)
        chosen[name] = table.properties[name]
    for name in [name for column in chosen.values() for name in _companions(column)]:
        if name in table.properties:
            chosen.setdefault(name, table.properties[name])
    chosen.setdefault(table.primary_id, table.columns[table.primary_id])
    return tuple(chosen.values())


def _is_lookup(table: Table, name: str) -> bool:
    return name in table.columns and table.columns[name].is_lookup


def _companions(column: Column) -> list[str]:
    """Columns that come along unasked (section 3.1)."""
    if column.type == "Money":
        return ["_transactioncurrencyid_value"]
    part = _COMPOSITE_PART.fullmatch(column.name)
    return [f"{part[1]}_composite"] if part else []


def _order(table: Table, text: str | None) -> tuple[Order, ...]:
    if text is None:
        return ()
    order: list[Order] = []
    for part in text.split(","):
        name, _, direction = part.strip().partition(" ")
        if name not in table.properties:
            raise unknown_property(name, table.name)
        if direction.strip() not in ("", "asc", "desc"):
            raise query_error(f"Syntax error at position {len(name)} in '{part.strip()}'.")
        column = table.properties[name].name
        if column in {known.column for known in order}:
            raise ApiError(
                400, "0x80048d16", f"The column '{name}' appears more than once in $orderby."
            )
        order.append(Order(column, direction.strip() == "desc"))
    return tuple(order)


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or int(text) == 0:
        raise query_error(
            f"Invalid value '{text}' for $top query option found. The $top query option requires "
            "a non-negative integer value."
        )
    return int(text)


def parse_expands(text: str | None) -> tuple[Expand, ...]:
    """Read ``$expand``; at most 15 properties."""
    if text is None:
        return ()
    expands = []
    for part in _split(text, ","):
        name, _, rest = part.strip().partition("(")
        options = (option.partition("=") for option in _split(rest[:-1], ";") if option)
        expands.append(Expand(name, {key.strip(): value for key, _, value in options}))
    if len(expands) > _EXPAND_LIMIT:
        raise query_error(f"The number of $expand options exceeds {_EXPAND_LIMIT}.")
    return tuple(expands)


def _split(text: str, separator: str) -> list[str]:
    """Split outside of parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if character == separator and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    return [*parts, text[start:]]
