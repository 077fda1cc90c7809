"""Bindings in memory."""

from __future__ import annotations

from leadsync.model import System
from leadsync.state.binding_book import BindingRow


class MemoryBindings:
    """Implements ``BindingBook``; rows are copied in and out."""

    def __init__(self) -> None:
        self._rows: dict[System, BindingRow] = {}

    def all(self) -> dict[System, BindingRow]:
        return {system: row.copy() for system, row in self._rows.items()}

    def bind(self, row: BindingRow) -> None:
        self._rows[row["system"]] = row.copy()
