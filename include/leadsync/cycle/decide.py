"""Turn work into proposed writes: the three-way merge over all pairs, creations and removals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadsync.cycle.carried import person_key, row_key
from leadsync.cycle.work import Creation, Removal, Work
from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.merge.pairs import Pair, lay_out
from leadsync.merge.three_way import Decision, Sides, three_way
from leadsync.model import Direction, Json
from leadsync.state.port import Values
from leadsync.values.marks import ABSENT, shown


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that wants to be written: a ``WRITES`` record and its values."""

    record: dict[str, Any]
    values: Values


@dataclass(slots=True)
class Proposals:
    """Everything that the merge wants; validation has not looked at it yet."""

    to_dynamics: list[Proposal] = field(default_factory=list)
    to_marketo: list[Proposal] = field(default_factory=list)
    decisions: list[Json] = field(default_factory=list)
    base_moves: list[Json] = field(default_factory=list)


def decide(plan: SyncPlan, work: Work) -> Proposals:
    """Decide every pair of ``work``, field by field, and settle the rows that need no write."""
    proposals = Proposals()
    for table in plan.tables.values():
        pairs = [p for p in work.pairs.values() if p.link["dynamics_table"] == table.table]
        _decide_table(table, pairs, work, proposals)
    for creation in work.creations:
        proposals.to_marketo.append(_creation(plan, creation))
    for removal in work.removals:
        proposals.to_marketo.append(_removal(removal))
    return proposals


def _decide_table(
    table: TablePlan, pairs: Sequence[Pair], work: Work, proposals: Proposals
) -> None:
    if not pairs:
        return
    sides = lay_out(table.fields, pairs)
    decision = three_way(table.fields, sides)
    for position, pair in enumerate(pairs):
        _propose(table, pair, position, sides, decision, proposals)
        _settle(pair, position, decision, work)


def _propose(
    table: TablePlan,
    pair: Pair,
    position: int,
    sides: Sides,
    decision: Decision,
    proposals: Proposals,
) -> None:
    to_dynamics: Values = {}
    to_marketo: Values = {}
    for column in np.flatnonzero(decision.to_dynamics[position]).tolist():
        to_dynamics[table.fields[column].name] = sides.marketo[position, column]
        proposals.decisions.append(
            _decision(table.fields[column], pair, position, column, sides, decision)
        )
    for column in np.flatnonzero(decision.to_marketo[position]).tolist():
        to_marketo[table.fields[column].name] = sides.dynamics[position, column]
        proposals.decisions.append(
            _decision(table.fields[column], pair, position, column, sides, decision)
        )
    for column in np.flatnonzero(decision.agreed[position]).tolist():
        proposals.base_moves.append(
            {
                "link_id": pair.link["link_id"],
                "operation": "link" if pair.is_new else "update",
                "field": table.fields[column].name,
                "value": sides.marketo[position, column],
            }
        )
    operation = "link" if pair.is_new else "update"
    if to_dynamics:
        proposals.to_dynamics.append(Proposal(_write(pair, "to_dynamics", operation), to_dynamics))
    if to_marketo or pair.is_new:
        proposals.to_marketo.append(Proposal(_write(pair, "to_marketo", operation), to_marketo))


def _decision(
    plan: FieldPlan,
    pair: Pair,
    position: int,
    column: int,
    sides: Sides,
    decision: Decision,
) -> Json:
    to_dynamics = bool(decision.to_dynamics[position, column])
    kind = "written"
    if decision.collision[position, column]:
        kind = "collision"
    elif decision.no_base[position, column]:
        kind = "no_base"
    base = sides.base[position, column]
    return {
        "record_key": _key(pair, "to_dynamics" if to_dynamics else "to_marketo"),
        "kind": kind,
        "side": "dynamics" if to_dynamics else "marketo",
        "table": plan.table,
        "marketo_id": pair.link["marketo_id"],
        "dynamics_id": pair.link["dynamics_id"],
        "field": plan.name,
        "base": shown(None if base == ABSENT else base),
        "marketo": shown(sides.marketo[position, column]),
        "dynamics": shown(sides.dynamics[position, column]),
        "winner": "marketo" if to_dynamics else "dynamics",
        "rule": plan.rule if kind != "written" else plan.direction,
    }


def _settle(pair: Pair, position: int, decision: Decision, work: Work) -> None:
    """Settle both sides of a pair; a side that only turns out to have a change counts as extracted."""
    writes: dict[Direction, bool] = {
        "to_dynamics": bool(decision.to_dynamics[position].any()),
        "to_marketo": bool(decision.to_marketo[position].any()) or pair.is_new,
    }
    extracted: dict[Direction, bool] = {
        "to_dynamics": pair.person_extracted,
        "to_marketo": pair.row_extracted,
    }
    clashes = decision.collision[position] | decision.no_base[position]
    record = {
        "table": pair.link["dynamics_table"],
        "marketo_id": pair.link["marketo_id"],
        "dynamics_id": pair.link["dynamics_id"],
    }
    lost: dict[Direction, int] = {
        "to_dynamics": int((clashes & decision.to_dynamics[position]).sum()),
        "to_marketo": int((clashes & decision.to_marketo[position]).sum()),
    }
    for direction in ("to_dynamics", "to_marketo"):
        if extracted[direction] or writes[direction]:
            key = _key(pair, direction)
            work.settle(key, direction, record, "writing" if writes[direction] else "unchanged")
            work.outcomes[key]["collisions"] = lost[direction]


def _write(pair: Pair, direction: Direction, operation: str) -> dict[str, Any]:
    return {
        "record_key": _key(pair, direction),
        "operation": operation,
        "table": pair.link["dynamics_table"],
        "marketo_id": pair.link["marketo_id"],
        "dynamics_id": pair.link["dynamics_id"],
        "link_id": pair.link["link_id"],
        "etag": pair.link["etag"],
        "created_on": pair.created_on,
    }


def _creation(plan: SyncPlan, creation: Creation) -> Proposal:
    """A new person gets every mapped value that may flow to Marketo."""
    table = plan.tables[creation.record["table"]]
    flowing = {f.name for f in table.fields if f.direction in ("both", "to_marketo")}
    values = {name: value for name, value in creation.values.items() if name in flowing}
    record = {
        "record_key": row_key(table.table, creation.record["dynamics_id"]),
        "operation": "create",
        "table": table.table,
        "marketo_id": None,
        "dynamics_id": creation.record["dynamics_id"],
        "link_id": creation.link_id,
        "etag": creation.record["etag"],
        "created_on": creation.record["created_on"],
    }
    return Proposal(record, values)


def _removal(removal: Removal) -> Proposal:
    link = removal.link
    record = {
        "record_key": row_key(link["dynamics_table"], link["dynamics_id"]),
        "operation": "flag_deleted",
        "table": link["dynamics_table"],
        "marketo_id": link["marketo_id"],
        "dynamics_id": link["dynamics_id"],
        "link_id": link["link_id"],
        "etag": link["etag"],
        "created_on": None,
    }
    return Proposal(record, {})


def _key(pair: Pair, direction: Direction) -> str:
    if direction == "to_dynamics":
        return person_key(pair.link["marketo_id"])
    return row_key(pair.link["dynamics_table"], pair.link["dynamics_id"])
