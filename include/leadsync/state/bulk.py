"""Bulk writes: few statements for any number of rows, in each database's fastest form.

Rows go to SQLite as tuples and to PostgreSQL through COPY, by way of a temporary table where rows
may exist already. That is several times faster than binding every value through SQLAlchemy.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Column, Connection, Table

from leadsync.state import forms

#: so few rows are cheaper as bound values than through COPY.
_FEW = 100

Rows = Sequence[Mapping[str, Any]]


def upsert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert ``rows``, or replace those whose primary key exists; the last of equal keys counts.

    Rows are written in the order of their keys, so that concurrent writers do not deadlock.
    """
    keys = [column.name for column in table.primary_key]
    last = {tuple(row[key] for key in keys): row for row in rows}
    others = [_quoted(column.name) for column in table.columns if column.name not in keys]
    replaced = ", ".join(f"{name} = excluded.{name}" for name in others)
    action = f"UPDATE SET {replaced}" if replaced else "NOTHING"
    conflict = f" ON CONFLICT ({', '.join(map(_quoted, keys))}) DO {action}"
    insert = _Insert(connection, table.name, list(table.columns), conflict)
    insert.run([last[key] for key in sorted(last)])


def append(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert ``rows`` into a table that numbers them by itself, in their order."""
    columns = [column for column in table.columns if not column.primary_key]
    _Insert(connection, table.name, columns, "").run(rows)


@dataclass(frozen=True)
class _Insert:
    connection: Connection
    table: str
    columns: list[Column[Any]]
    conflict: str

    def run(self, rows: Rows) -> None:
        if not rows:
            return
        if self.connection.dialect.name == "sqlite":
            self._as_tuples(rows)
        elif len(rows) <= _FEW:
            self._as_bound_values(rows)
        elif self.conflict:
            self._through_stage(rows)
        else:
            self._copy(self.table, rows)

    def _as_tuples(self, rows: Rows) -> None:
        marks = ", ".join("?" * len(self.columns))
        self._execute(f"{self._into} VALUES ({marks})", self._values(rows, forms.SQLITE))

    def _as_bound_values(self, rows: Rows) -> None:
        marks = f"({', '.join(['%s'] * len(self.columns))})"
        values = tuple(chain.from_iterable(self._values(rows, forms.BOUND)))
        self._execute(f"{self._into} VALUES {', '.join([marks] * len(rows))}", values)

    def _through_stage(self, rows: Rows) -> None:
        stage = f"sent_{self.table}"
        columns = f"SELECT {self._names} FROM"
        self.connection.exec_driver_sql(
            f'CREATE TEMPORARY TABLE "{stage}" AS {columns} "{self.table}" LIMIT 0'
        )
        self._copy(stage, rows)
        self._execute(f'{self._into} {columns} "{stage}"')
        self.connection.exec_driver_sql(f'DROP TABLE "{stage}"')

    def _copy(self, target: str, rows: Rows) -> None:
        lines = "\n".join(map("\t".join, self._values(rows, forms.COPY)))
        driver: Any = self.connection.connection.driver_connection
        with driver.cursor() as cursor:
            cursor.copy_expert(f'COPY "{target}" ({self._names}) FROM STDIN', io.StringIO(lines))

    def _execute(self, statement: str, values: Any = None) -> None:
        self.connection.exec_driver_sql(statement + self.conflict, values)

    def _values(self, rows: Rows, form: forms.Form) -> list[tuple[Any, ...]]:
        return list(zip(*(form.column(column, rows) for column in self.columns), strict=True))

    @property
    def _names(self) -> str:
        return ", ".join(_quoted(column.name) for column in self.columns)

    @property
    def _into(self) -> str:
        return f'INSERT INTO "{self.table}" ({self._names})'


def _quoted(name: str) -> str:
    return f'"{name}"'
