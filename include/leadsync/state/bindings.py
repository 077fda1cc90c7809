"""Bindings in SQL; implements ``leadsync.state.binding_book.BindingBook``."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Engine, select

from leadsync.model import System
from leadsync.state.binding_book import BindingRow
from leadsync.state.bulk import upsert
from leadsync.state.engine import reading, writing
from leadsync.state.statements import rows_of
from leadsync.state.tables import binding


class SqlBindings:
    """The bindings of a database; raises ``ConfigurationError`` when it cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[System, BindingRow]:
        with reading(self._engine) as connection:
            rows = cast("list[BindingRow]", rows_of(connection, select(binding)))
        return {row["system"]: row for row in rows}

    def bind(self, row: BindingRow) -> None:
        with writing(self._engine) as connection:
            upsert(connection, binding, [row])
