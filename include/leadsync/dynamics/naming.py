"""Entity sets and primary keys of tables (reference/dataverse-webapi.md 2.1, 22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableName:
    """How a table is addressed."""

    logical: str
    entity_set: str
    primary_id: str

    def row(self, row_id: str) -> str:
        """Return the address of a row below the API root."""
        return f"{self.entity_set}({row_id})"


#: The platform's own tables; their names are the same in every organisation.
STANDARD = {
    name: TableName(name, entity_set, primary_id)
    for name, entity_set, primary_id in (
        ("lead", "leads", "leadid"),
        ("contact", "contacts", "contactid"),
        ("account", "accounts", "accountid"),
        ("opportunity", "opportunities", "opportunityid"),
        ("systemuser", "systemusers", "systemuserid"),
        ("team", "teams", "teamid"),
        ("businessunit", "businessunits", "businessunitid"),
        ("transactioncurrency", "transactioncurrencies", "transactioncurrencyid"),
    )
}


class Naming:
    """Names of tables: the platform's by heart, others asked for once.

    :param ask: reads the names of a custom table.
    """

    def __init__(self, ask: Callable[[str], TableName]) -> None:
        self._ask = ask
        self._known = dict(STANDARD)

    def of(self, table: str) -> TableName:
        """Return the names of ``table``, a logical name.

        :raises ApiError: the table is not a standard one and cannot be read.
        """
        if table not in self._known:
            self._known[table] = self._ask(table)
        return self._known[table]
