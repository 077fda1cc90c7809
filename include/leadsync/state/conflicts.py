"""Names the records behind a broken promise of uniqueness, which a database does not do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from leadsync.errors import StateError
from leadsync.state import links
from leadsync.state.engine import reading
from leadsync.state.port import LIVE, LinkRow, QuarantineRow, StateChanges
from leadsync.state.rows import WAITING
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import quarantine as quarantine_table


@contextmanager
def naming_conflicts(engine: Engine, changes: StateChanges) -> Iterator[None]:
    """Turn a refused transaction into an error that names the records at odds.

    :raises StateError: naming person, row and both links, or the record key and both items.
    """
    try:
        yield
    except StateError as error:
        if not isinstance(error.__cause__, IntegrityError):
            raise
        raise _named(engine, changes) or error from error


def _named(engine: Engine, changes: StateChanges) -> StateError | None:
    after = {row["link_id"]: row for row in _links_near(engine, changes.links)}
    after.update({row["link_id"]: row for row in changes.links})
    conflict = link_conflict(after.values())
    if conflict:
        return conflict
    items = {row["id"]: row for row in _items_near(engine, changes.quarantine)}
    items.update({row["id"]: row for row in changes.quarantine})
    return item_conflict(items.values())


def _links_near(engine: Engine, rows: list[LinkRow]) -> list[LinkRow]:
    with reading(engine) as connection:
        near = links.of_persons(connection, [row["marketo_id"] for row in rows])
        for table in ("lead", "contact"):
            ids = [row["dynamics_id"] for row in rows if row["dynamics_table"] == table]
            near += links.of_rows(connection, table, ids)
    return near


def _items_near(engine: Engine, rows: list[QuarantineRow]) -> list[QuarantineRow]:
    keys = [row["record_key"] for row in rows]
    with reading(engine) as connection:
        chosen = quarantine_table.select().where(
            among(connection, quarantine_table.c.record_key, keys)
        )
        return cast("list[QuarantineRow]", rows_of(connection, chosen))


def link_conflict(rows: Iterable[LinkRow]) -> StateError | None:
    """Return an error when two of ``rows`` are live for one person or one Dynamics row."""
    owners: dict[object, str] = {}
    for row in rows:
        if row["status"] not in LIVE:
            continue
        person, table, dynamics_id = links.pair_of(row)
        for thing in (f"Marketo person {person}", f"Dynamics {table} {dynamics_id}"):
            other = owners.setdefault(thing, row["link_id"])
            if other != row["link_id"]:
                return two_live_links(thing, other, row["link_id"])
    return None


def two_live_links(thing: str, first: str, second: str) -> StateError:
    """Say that a record would be linked twice (semantics.md 1)."""
    return StateError(
        f"{thing} would have two live links, {first} and {second}. Nothing was stored.",
        remedy="Close one of the links in the same transaction as the other is opened.",
    )


def item_conflict(rows: Iterable[QuarantineRow]) -> StateError | None:
    """Return an error when two of ``rows`` wait under one record key."""
    owners: dict[str, str] = {}
    for row in rows:
        if row["status"] not in WAITING:
            continue
        other = owners.setdefault(row["record_key"], row["id"])
        if other != row["id"]:
            return two_waiting_items(row["record_key"], other, row["id"])
    return None


def two_waiting_items(record_key: str, first: str, second: str) -> StateError:
    """Say that a record would be quarantined twice."""
    return StateError(
        f"{record_key} would have two waiting quarantine items, {first} and {second}. "
        "Nothing was stored.",
        remedy="Update the item that waits, or set it to superseded in the same transaction.",
    )
