"""Entity sets and primary keys of tables (reference/dataverse-webapi.md 2.1, 22)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from leadsync.model import Json

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def plain_id(text: object) -> str:
    """Return a row's id in lower case, without braces or the address that it stands in."""
    lowered = str(text).lower()
    found = _GUID.search(lowered)
    return found.group() if found else lowered


@dataclass(frozen=True, slots=True)
class TableName:
    """How a table is addressed."""

    logical: str
    entity_set: str
    primary_id: str

    def id_in(self, row: Json) -> str:
        """Return the id in a row of this table, after writing it into the row in plain form.

        :raises KeyError: the row has none.
        """
        row[self.primary_id] = row_id = plain_id(row[self.primary_id])
        return row_id

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
