"""Give persons our own fields again where their link is stored and the fields are not.

A cycle that died after it had made a row and its link leaves such a person; so does a refused stamp
(semantics.md 4: every step can be repeated).
"""

from __future__ import annotations

from collections.abc import Iterable

from leadsync.cycle.context import Engine
from leadsync.cycle.gather.window import Links
from leadsync.cycle.reading import read_rows
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import Json

_READ = ("changed", "linked")


def is_bare(own_id: str | None, pair: Pair) -> bool:
    """Tell whether a person lacks the id of its row, and nothing else brings it.

    :param own_id: the id of a row that the person carries.
    """
    is_open = pair.link["status"] == "open"
    return is_open and own_id != pair.link["dynamics_id"] and not pair.stamps


def restamp(
    engine: Engine, plan: SyncPlan, persons: Iterable[Json], links: Links, work: Work
) -> None:
    """Add the pairs of such persons to ``work``; their values are merged as those of any pair."""
    bare: list[Pair] = []
    for person in persons:
        link = links.by_person.get(person["marketo_id"])
        if person["event"] not in _READ or link is None:
            continue
        pair = work.pairs.get(link["link_id"]) or Pair(link)
        if is_bare(person["own_id"], pair):
            pair.restamped = True
            work.pairs[link["link_id"]] = pair
            bare.append(pair)
    for table in plan.tables.values():
        mine = [p for p in bare if p.link["dynamics_table"] == table.table]
        unknown = {p.link["dynamics_id"] for p in mine if p.created_on is None}
        rows = read_rows(engine, table, unknown)
        for pair in mine:
            row = rows.get(pair.link["dynamics_id"])
            pair.created_on = row.get("createdon") if row else pair.created_on
