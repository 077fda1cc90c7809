"""Links and their base values in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from leadsync.errors import StateError
from leadsync.model import Table
from leadsync.state.bulk import upsert
from leadsync.state.port import LIVE, LinkRow, Values
from leadsync.state.statements import among, rows_of
from leadsync.state.tables import base_value, link

_LIVE = link.c.status.in_(LIVE)


def write_links(connection: Connection, rows: Sequence[LinkRow]) -> None:
    """Upsert links; pairs may be closed, opened and moved in any order within one call."""
    last = {row["link_id"]: row for row in rows}
    live = {link_id: row for link_id, row in last.items() if row["status"] in LIVE}
    upsert(connection, link, [row for row in last.values() if row["link_id"] not in live])
    _park_moved(connection, live)
    upsert(connection, link, list(live.values()))


def _park_moved(connection: Connection, live: Mapping[str, LinkRow]) -> None:
    """Take links that get another pair out of the unique indexes until all are written."""
    if not live:
        return
    pairs = select(link.c.link_id, link.c.marketo_id, link.c.dynamics_table, link.c.dynamics_id)
    stored = connection.execute(pairs.where(_LIVE, among(connection, link.c.link_id, live)))
    moved = [link_id for link_id, *pair in stored if tuple(pair) != pair_of(live[link_id])]
    if moved:
        moving = update(link).where(among(connection, link.c.link_id, moved))
        connection.execute(moving.values(status="converted"))


def pair_of(row: LinkRow) -> tuple[int, str, str]:
    """Return the person and the row that a link holds together."""
    return row["marketo_id"], row["dynamics_table"], row["dynamics_id"]


def of_persons(connection: Connection, marketo_ids: Sequence[int]) -> list[LinkRow]:
    """Return links of any status for the persons."""
    return _links(connection, among(connection, link.c.marketo_id, marketo_ids))


def of_rows(connection: Connection, table: Table, dynamics_ids: Sequence[str]) -> list[LinkRow]:
    """Return links of any status for the rows."""
    chosen = among(connection, link.c.dynamics_id, dynamics_ids)
    return _links(connection, and_(link.c.dynamics_table == table, chosen))


def live_behind(
    connection: Connection, tables: Sequence[Table], after: str, limit: int
) -> list[LinkRow]:
    """Return the next live links of ``tables`` behind ``after``, by id."""
    wanted = and_(_LIVE, link.c.dynamics_table.in_(tables), link.c.link_id > after)
    ordered = select(link).where(wanted).order_by(link.c.link_id)
    return cast("list[LinkRow]", rows_of(connection, ordered.limit(limit)))


def count_live(connection: Connection) -> dict[str, int]:
    """Return the number of live links by table."""
    statement = select(link.c.dynamics_table, func.count()).where(_LIVE)
    return {name: n for name, n in connection.execute(statement.group_by(link.c.dynamics_table))}


def _links(connection: Connection, condition: ColumnElement[bool]) -> list[LinkRow]:
    found = rows_of(connection, select(link).where(condition).order_by(link.c.link_id))
    return cast("list[LinkRow]", found)


def merge_base(connection: Connection, base: Mapping[str, Values]) -> None:
    """Put ``base`` over what is stored, field by field.

    :raises StateError: a link of ``base`` does not exist.
    """
    if not base:
        return
    _lock_links(connection, base)
    stored = base_of(connection, list(base))
    rows = [
        {"link_id": link_id, "body": {**stored.get(link_id, {}), **values}}
        for link_id, values in base.items()
    ]
    upsert(connection, base_value, rows)


def _lock_links(connection: Connection, link_ids: Iterable[str]) -> None:
    """Let nobody else change the base of the links; it must be read in a later statement.

    :raises StateError: a link does not exist.
    """
    wanted = set(link_ids)
    chosen = select(link.c.link_id).where(among(connection, link.c.link_id, wanted))
    locked = connection.execute(chosen.order_by(link.c.link_id).with_for_update())
    unknown = wanted.difference(locked.scalars())
    if unknown:
        raise base_without_link(min(unknown))


def base_without_link(link_id: str) -> StateError:
    """Say that a base has nothing to belong to."""
    return StateError(
        f"Base values of link {link_id} cannot be stored: there is no such link.",
        remedy="Store the link before its base, or in the same transaction.",
    )


def drop_base(connection: Connection, link_ids: Sequence[str]) -> None:
    """Forget the base of the links."""
    if link_ids:
        connection.execute(
            delete(base_value).where(among(connection, base_value.c.link_id, link_ids))
        )


def base_of(connection: Connection, link_ids: Sequence[str]) -> dict[str, Values]:
    """Return the base by link; links without one are left out."""
    statement = select(base_value.c.link_id, base_value.c.body)
    chosen = statement.where(among(connection, base_value.c.link_id, link_ids))
    return {link_id: body for link_id, body in connection.execute(chosen).all()}
