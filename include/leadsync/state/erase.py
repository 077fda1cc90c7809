"""Forgetting what records left in the store (S081)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    Text,
    delete,
    false,
    func,
    or_,
    select,
    type_coerce,
)

from leadsync.state.links import base_of
from leadsync.state.mentions import says
from leadsync.state.port import LinkRow
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import (
    base_value,
    call_item,
    deferred,
    intent,
    journal,
    link,
    lookup,
    person_activity,
    quarantine,
    request,
)
from leadsync.state.types import to_json

#: the field whose base is a record's address.
ADDRESS_FIELD = "email"
#: tables whose rows name a person, a row, or both.
NAMING: tuple[Table, ...] = (
    intent,
    journal,
    quarantine,
    person_activity,
    deferred,
    request,
    link,
)


def erase(
    connection: Connection,
    marketo_ids: Sequence[int],
    dynamics_ids: Sequence[str],
    address: str | None,
) -> dict[str, int]:
    """Remove everything that the records left; returns removed rows by table.

    The base of a link goes with it.

    :param address: an e-mail key; whatever else names it goes as well.
    """

    def named_in(table: Table) -> ColumnElement[bool]:
        return or_(
            among(connection, table.c.marketo_id, marketo_ids),
            among(connection, table.c.dynamics_id, dynamics_ids),
        )

    linked = select(link.c.link_id).where(named_in(link))
    conditions: list[tuple[Table, ColumnElement[Any]]] = [
        (lookup, lookup.c.link_id.in_(linked)),
        (call_item, among(connection, call_item.c.marketo_id, marketo_ids)),
        *((table, named_in(table)) for table in NAMING),
    ]
    return {
        table.name: connection.execute(
            delete(table).where(or_(condition, _mention(connection, table, address)))
        ).rowcount
        for table, condition in conditions
    }


def links_with(connection: Connection, address: str) -> list[LinkRow]:
    """Return the links whose base holds an e-mail key."""
    likely = select(base_value.c.link_id).where(_may_hold(base_value.c.body, address))
    bases = base_of(connection, list(connection.execute(likely).scalars()))
    ids = [i for i, base in bases.items() if says(base.get(ADDRESS_FIELD), address)]
    found = rows_of(connection, select(link).where(among(connection, link.c.link_id, ids)))
    return cast("list[LinkRow]", found)


def _mention(connection: Connection, table: Table, address: str | None) -> ColumnElement[bool]:
    """Tell where a row names the address; rows without values never do."""
    if address is None or table not in _SAYING:
        return false()
    key, columns = _SAYING[table]
    likely = select(key, *columns).where(or_(*(_may_hold(one, address) for one in columns)))
    naming = [
        row[0]
        for row in connection.execute(likely)
        if any(says(document, address) for document in row[1:])
    ]
    found = among(connection, key, naming)
    cells = _JOURNAL_CELLS if table is journal else ()
    return or_(found, *(func.lower(func.trim(cell)) == address for cell in cells))


def _may_hold(document: Column[Any], address: str) -> ColumnElement[bool]:
    """Tell where the text of a JSON document has the address in it."""
    text = to_json(address)[1:-1]
    return func.lower(type_coerce(document, Text)).contains(text, autoescape=True)


_JOURNAL_CELLS = (journal.c.base, journal.c.marketo, journal.c.dynamics)
#: documents that can name an address, with the key of their rows.
_SAYING: dict[Table, tuple[Column[Any], tuple[Column[Any], ...]]] = {
    journal: (journal.c.id, (journal.c.made_with,)),
    intent: (intent.c.intent_id, (intent.c.body,)),
    quarantine: (quarantine.c.id, (quarantine.c.row, quarantine.c.failures)),
}
