"""Every table that can hold something of a person is covered by an erasure (S081).

A new table fails this until it is erased, or is listed here with the reason why it need not be.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Integer, Table, func, insert, select
from sqlalchemy.types import BigInteger

from leadsync.state.store import SqlStateStore
from leadsync.state.tables import metadata
from leadsync.state.types import JsonText, UtcDateTime

#: what holds nothing of the people that are synchronised.
IMPERSONAL = {
    "lease": "who runs a cycle",
    "cycle": "counts and times",
    "cursor": "tokens and links of feeds",
    "schema_cache": "fields of both systems",
    "call_bucket": "numbers of calls",
    "call_day": "numbers of calls",
    "call": "calls of the flow step: who called, when, and how it was answered",
    "seen_activity": "ids of activities",
    "mark": "hashes of addresses, which must outlive an erasure",
    "related_row": "accounts and users, which are no synchronised people",
    "binding": "which instance and organisation the ids belong to",
    "incident": "what failed, by task and cause",
}
PERSON, ROW = 4711, "00000000-0000-0000-0000-000000004711"
WORD = "annabella"
#: columns that name the person, its row, or a row of another table that does.
NAMES: dict[str, Any] = {
    "marketo_id": PERSON,
    "dynamics_id": ROW,
    "link_id": "link-of-annabella",
    "item_id": "item-of-annabella",
}


def cell(table: Table, column: Column[Any]) -> Any:
    """Return a value for any column, with the person's name wherever text fits."""
    if column.name in NAMES:
        return NAMES[column.name]
    if table.name == "quarantine" and column.name == "id":
        return NAMES["item_id"]
    if isinstance(column.type, UtcDateTime):
        return datetime(2026, 1, 31, tzinfo=UTC)
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer | BigInteger):
        return 1
    return {"firstName": WORD} if isinstance(column.type, JsonText) else WORD


def personal() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in IMPERSONAL]


def test_nothing_of_a_person_is_left_in_any_table(sql_store: SqlStateStore) -> None:
    with sql_store.engine.begin() as connection:
        for table in metadata.sorted_tables:
            row = {column.name: cell(table, column) for column in table.columns}
            connection.execute(insert(table).values(row))
    sql_store.erase([PERSON], [ROW])
    with sql_store.engine.begin() as connection:
        left = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in personal()
        }
    assert left == dict.fromkeys(left, 0)


def test_the_list_of_impersonal_tables_is_up_to_date() -> None:
    assert IMPERSONAL.keys() <= metadata.tables.keys()
    named = {
        t.name for t in metadata.sorted_tables if {"marketo_id", "dynamics_id"} & set(t.c.keys())
    }
    assert not named & IMPERSONAL.keys()
