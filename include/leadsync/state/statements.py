"""Bulk statements that both databases understand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Table, any_, func, literal, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]
#: rows that a streamed result holds.
_AT_ONCE = 1000


def insert_missing(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert ``row`` unless its primary key exists; tells whether it was inserted."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    inserted = connection.execute(dialect.insert(table).on_conflict_do_nothing(), dict(row))
    return inserted.rowcount == 1


def among(
    connection: Connection, column: Column[Any], values: Iterable[object]
) -> ColumnElement[bool]:
    """Return ``column IN values`` with all values in one parameter, however many there are."""
    wanted = sorted(set(cast("Iterable[Any]", values)))
    if connection.dialect.name == "postgresql":
        return column == any_(as_type(literal(wanted, ARRAY(column.type)), ARRAY(column.type)))
    listed = func.json_each(literal(json.dumps(wanted))).table_valued("value")
    return column.in_(select(listed.c.value))


def rows_of(connection: Connection, statement: Any) -> list[Row]:
    """Run ``statement`` and return its rows as plain dictionaries."""
    result = connection.execute(statement)
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]


def streamed(connection: Connection, statement: Any) -> Iterator[Row]:
    """Yield the rows of ``statement`` without holding all of them."""
    result = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
    return (dict(row) for row in result.mappings())


def columns_but(table: Table, *left_out: str) -> Sequence[Column[Any]]:
    """Return the columns of ``table`` without ``left_out``."""
    return [column for column in table.columns if column.name not in left_out]
