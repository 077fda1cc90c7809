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
    in_scope = pair.link["status"] in ("open", "inactive")
    return in_scope and own_id != pair.link["dynamics_id"] and not pair.stamps


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
    tell_creation(engine, plan, bare)


def tell_creation(engine: Engine, plan: SyncPlan, bare: Iterable[Pair]) -> None:
    """Read when the rows of pairs that get our fields again were created, where that is unknown."""
    unknown = [pair for pair in bare if not pair.created_on]
    for table in plan.tables.values() if unknown else ():
        mine = [p for p in unknown if p.link["dynamics_table"] == table.table]
        rows = read_rows(engine, table, {p.link["dynamics_id"] for p in mine})
        for pair in mine:
            row = rows.get(pair.link["dynamics_id"])
            pair.created_on = row.get("createdon") if row else None
