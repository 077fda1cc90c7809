"""What adds up when persons are merged because their records were (S097): scores.

Marketo's merge keeps the winner's score. The total is reckoned before anything is merged and goes
with the intent: once a person is merged, nobody can tell any more what it had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from leadsync.cycle.context import Engine
from leadsync.cycle.gather.endings import Ending
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.state.port import IntentRow
from leadsync.values.number import json_number, number_text, parse_number

Totals = dict[str, int | float]


def sum_fields(engine: Engine, plan: SyncPlan, work: Work) -> None:
    """Give every merge of persons in ``work`` the totals that its winner ends with."""
    names = plan.policies.sum_on_merge
    merges = list(filter(_is_merge, work.endings))
    if not names or not merges:
        return
    persons = _read(engine, names, merges)
    begun = {i["marketo_id"]: i for i in engine.store.pending_updates(_losers(merges))}
    totals: dict[str, Totals] = {}
    for position, ending in enumerate(work.endings):
        if _is_merge(ending) and ending.into is not None:
            had = totals.setdefault(ending.into, _numbers(persons.get(ending.into, {}), names))
            loser = persons.get(str(ending.person))
            added = _begun(begun.get(ending.person)) if loser is None else _sum(had, loser, names)
            had.update(added)
            work.endings[position] = replace(ending, totals=added)


def _is_merge(ending: Ending) -> bool:
    return (ending.kind, ending.side) == ("merge", "marketo")


def _losers(merges: Sequence[Ending]) -> list[int]:
    return [ending.person for ending in merges]


def _read(engine: Engine, names: Sequence[str], merges: Sequence[Ending]) -> dict[str, Json]:
    ids = {*map(str, _losers(merges)), *(e.into for e in merges if e.into is not None)}
    found = engine.marketo.persons("id", sorted(ids), ("id", *names))
    return {str(person["id"]): person for person in found}


def _begun(intent: IntentRow | None) -> Totals:
    """Return the totals of a merge that an earlier cycle began and nobody confirmed."""
    totals: Totals = dict(intent["body"].get("totals", {})) if intent else {}
    return totals


def _numbers(person: Mapping[str, object], names: Sequence[str]) -> Totals:
    return {name: _number(person.get(name)) for name in names}


def _sum(had: Totals, loser: Json, names: Sequence[str]) -> Totals:
    """Return the totals that change: nothing is added where the loser has nothing."""
    added: Totals = {}
    for name in names:
        more = parse_number(loser.get(name))
        if more:
            total = number_text(more + (parse_number(had.get(name)) or Decimal()))
            added[name] = json_number(total) or 0
    return added


def _number(raw: object) -> int | float:
    return raw if isinstance(raw, int | float) and not isinstance(raw, bool) else 0
