"""Turn work into proposed writes: the three-way merge over all pairs, creations and removals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from leadsync.cycle.carried import person_key, row_key
from leadsync.cycle.decide.claimed import decisions_of, losses_of, unsettled_creation, unsettled_of
from leadsync.cycle.gather.inactive_rows import WAITS, status_of
from leadsync.cycle.gather.relabelled import RULE as RENAMED
from leadsync.cycle.gather.relabelled import write_labels
from leadsync.cycle.work import Creation, Removal, Work
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.merge.claims import Merged, Ruling, standing_values
from leadsync.merge.pairs import Pair, lay_out
from leadsync.merge.three_way import Cells, Decision, Mask, Sides, three_way
from leadsync.model import Direction, Json, System
from leadsync.state.port import Values
from leadsync.values.marks import ABSENT, shown


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that wants to be written: a ``WRITES`` record and its values.

    :param standing: what the target holds so far, as far as it is known.
    """

    record: dict[str, Any]
    values: Values
    standing: Callable[[], Values] = dict


@dataclass(slots=True)
class Proposals:
    """Everything that the merge wants; validation has not looked at it yet."""

    to_dynamics: list[Proposal] = field(default_factory=list)
    to_marketo: list[Proposal] = field(default_factory=list)
    decisions: list[Json] = field(default_factory=list)
    base_moves: list[Json] = field(default_factory=list)
    losses: list[Json] = field(default_factory=list)
    unsettled: list[Json] = field(default_factory=list)


def decide(plan: SyncPlan, work: Work) -> Proposals:
    """Decide every pair of ``work``, field by field, and settle the rows that need no write."""
    proposals = Proposals()
    for table in plan.tables.values():
        pairs = [p for p in work.pairs.values() if p.link["dynamics_table"] == table.table]
        _decide_table(table, pairs, work, proposals)
    for creation in work.creations:
        proposals.to_marketo.append(_creation(plan, creation))
        proposals.unsettled.extend(
            unsettled_creation(creation.link_id, creation.values, creation.unsettled)
        )
    for made in work.row_creations.values():
        proposals.to_dynamics.append(Proposal(made.record(), made.flowing()))
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
    rulings = _rulings(table, pairs, sides, decision)
    write_labels(table.fields, pairs, sides, decision)
    waiting = _hold_inactive(pairs, decision, rulings)
    merged = _Merged(
        table,
        sides,
        decision,
        rulings,
        to_dynamics=_columns(decision.to_dynamics),
        to_marketo=_columns(decision.to_marketo),
        agreed=_columns(decision.agreed),
    )
    for position, pair in enumerate(pairs):
        merged.propose(pair, position, proposals)
        merged.settle(pair, position, work)
        if position in waiting:
            key = _key(pair, "to_dynamics")
            work.settle(key, "to_dynamics", _ids(pair), "out_of_scope", WAITS)


def _hold_inactive(
    pairs: Sequence[Pair], decision: Decision, rulings: dict[int, list[Ruling]]
) -> set[int]:
    """Take out what would be written to rows that are not active; return the pairs concerned.

    A stop still reaches their persons (semantics.md 6, S111): its base stays, so the row follows.
    """
    inactive = [n for n, pair in enumerate(pairs) if pair.link["status"] == "inactive"]
    waiting = {n for n in inactive if decision.to_dynamics[n].any()}
    decision.to_dynamics[inactive] = False
    for position in rulings.keys() & inactive:
        kept = [ruling for ruling in rulings[position] if not ruling.to_dynamics]
        if len(kept) < len(rulings[position]):
            waiting.add(position)
        stops = [one.for_marketo() for one in rulings[position] if one.to_dynamics and one.stops]
        rulings[position] = [*kept, *stops]
    return waiting


def _rulings(
    table: TablePlan, pairs: Sequence[Pair], sides: Sides, decision: Decision
) -> dict[int, list[Ruling]]:
    """Return what became of the pairs' claims, by position."""
    merged = Merged(table.fields, sides, decision)
    return {
        position: merged.take_rulings(
            position, pair.claims, standing_values(pair.marketo, pair.base)
        )
        for position, pair in enumerate(pairs)
        if pair.claims
    }


@dataclass(frozen=True, slots=True)
class _Merged:
    """All pairs of one table after the merge; ``position`` is a pair's row in the arrays.

    ``to_dynamics``, ``to_marketo`` and ``agreed`` list the decision's columns by position.
    """

    table: TablePlan
    sides: Sides
    decision: Decision
    rulings: dict[int, list[Ruling]]
    to_dynamics: list[list[int]]
    to_marketo: list[list[int]]
    agreed: list[list[int]]

    def propose(self, pair: Pair, position: int, proposals: Proposals) -> None:
        """Add the pair's writes, the decisions behind them, and agreed values."""
        to_dynamics, to_marketo = (
            {self.table.fields[column].name: cells[position, column] for column in columns}
            for cells, columns in (
                (self.sides.marketo, self.to_dynamics[position]),
                (self.sides.dynamics, self.to_marketo[position]),
            )
        )
        for ruling in self.rulings.get(position, ()):
            if ruling.to_dynamics:
                to_dynamics[ruling.field.name] = ruling.target
            if ruling.to_marketo:
                to_marketo[ruling.field.name] = ruling.target
        operation = "link" if pair.stamps and not pair.moved else "update"
        if to_dynamics:
            record = _write(pair, "to_dynamics", "move" if pair.moved else operation)
            standing = partial(self._standing, self.sides.dynamics, position)
            proposals.to_dynamics.append(Proposal(record, to_dynamics, standing))
        if to_marketo or pair.stamps:
            restamps = pair.moved and pair.stamps
            record = _write(pair, "to_marketo", "move" if restamps else operation)
            standing = partial(self._standing, self.sides.marketo, position)
            proposals.to_marketo.append(Proposal(record, to_marketo, standing))
        written = sorted(self.to_dynamics[position] + self.to_marketo[position])
        proposals.decisions.extend(self._decided(pair, position, column) for column in written)
        proposals.base_moves.extend(
            {
                "link_id": pair.link["link_id"],
                "operation": operation,
                "field": self.table.fields[column].name,
                "value": self.sides.marketo[position, column],
            }
            for column in self.agreed[position]
        )
        if pair.is_new or pair.converted:
            proposals.base_moves.extend(self._known_base(pair, position, written))
        self._propose_claims(pair, position, proposals)

    def _standing(self, cells: Cells, position: int) -> Values:
        return {f.name: cells[position, column] for column, f in enumerate(self.table.fields)}

    def _propose_claims(self, pair: Pair, position: int, proposals: Proposals) -> None:
        """Add the decisions behind the pair's claims."""
        rulings = self.rulings.get(position)
        if rulings:
            ids = _ids(pair)
            keys = {side: _key(pair, direction) for side, direction in _DIRECTIONS.items()}
            proposals.decisions.extend(decisions_of(rulings, pair.base, ids, keys))
            proposals.losses.extend(losses_of(rulings, ids))
            proposals.unsettled.extend(unsettled_of(rulings, pair.link["link_id"], keys))

    def _known_base(self, pair: Pair, position: int, written: list[int]) -> list[Json]:
        """Return what a new link knows already: the values that made its person."""
        settled = {*written, *self.agreed[position]}
        return [
            {"link_id": pair.link["link_id"], "operation": "link", "field": f.name, "value": value}
            for column, f in enumerate(self.table.fields)
            if column not in settled and (value := pair.base.get(f.name, ABSENT)) != ABSENT
        ]

    def _decided(self, pair: Pair, position: int, column: int) -> Json:
        plan = self.table.fields[column]
        to_dynamics = bool(self.decision.to_dynamics[position, column])
        kind, rule = "written", str(plan.direction)
        if self._is_label(pair, position, column):
            rule = RENAMED
        if self.decision.collision[position, column]:
            kind = "collision"
        elif self.decision.no_base[position, column]:
            kind = "no_base"
        return {
            "record_key": _key(pair, "to_dynamics" if to_dynamics else "to_marketo"),
            "kind": kind,
            "side": "dynamics" if to_dynamics else "marketo",
            **_ids(pair),
            "field": plan.name,
            "base": shown(self.sides.base[position, column]),
            "marketo": shown(self.sides.marketo[position, column]),
            "dynamics": shown(self.sides.dynamics[position, column]),
            "winner": "marketo" if to_dynamics else "dynamics",
            "rule": rule if kind == "written" else plan.rule,
        }

    def _is_label(self, pair: Pair, position: int, column: int) -> bool:
        """Tell whether the value is written for its label's sake alone."""
        sides = self.sides
        unchanged = sides.base[position, column] == sides.dynamics[position, column]
        return unchanged and self.table.fields[column].name in pair.relabelled

    def settle(self, pair: Pair, position: int, work: Work) -> None:
        """Settle both sides of the pair.

        A side that was not in the window but turns out to have a change counts as extracted.
        """
        rulings = self.rulings.get(position, ())
        claimed_dynamics = any(ruling.to_dynamics for ruling in rulings)
        claimed_marketo = any(ruling.to_marketo for ruling in rulings)
        sides: tuple[tuple[Direction, list[int], bool, bool], ...] = (
            ("to_dynamics", self.to_dynamics[position], pair.person_extracted, claimed_dynamics),
            (
                "to_marketo",
                self.to_marketo[position],
                pair.row_extracted,
                pair.stamps or claimed_marketo,
            ),
        )
        for direction, columns, extracted, besides in sides:
            writes = bool(columns) or besides
            if extracted or writes:
                key = _key(pair, direction)
                work.settle(key, direction, _ids(pair), "writing" if writes else "unchanged")
                work.outcomes[key]["collisions"] = sum(
                    bool(self.decision.collision[position, column]) for column in columns
                )
        clashes = sum(ruling.clashed for ruling in rulings)
        key = _key(pair, "to_dynamics")
        if clashes and key in work.outcomes:
            work.outcomes[key]["collisions"] += clashes


_DIRECTIONS: dict[System, Direction] = {"marketo": "to_marketo", "dynamics": "to_dynamics"}


def _columns(mask: Mask) -> list[list[int]]:
    """Return the columns that ``mask`` marks, by position."""
    found: list[list[int]] = [[] for _ in range(len(mask))]
    for position, column in np.argwhere(mask).tolist():
        found[position].append(column)
    return found


def _ids(pair: Pair) -> Json:
    return {
        "table": pair.link["dynamics_table"],
        "marketo_id": pair.link["marketo_id"],
        "dynamics_id": pair.link["dynamics_id"],
    }


def _write(pair: Pair, direction: Direction, operation: str) -> dict[str, Any]:
    return {
        "record_key": _key(pair, direction),
        "operation": operation,
        **_ids(pair),
        "link_id": pair.link["link_id"],
        "etag": pair.link["etag"],
        "created_on": pair.created_on,
        "link_status": pair.link["status"],
    }


def _creation(plan: SyncPlan, creation: Creation) -> Proposal:
    """A new person gets every mapped value that may flow to Marketo."""
    table = plan.tables[creation.record["table"]]
    flowing = {f.name for f in table.fields if f.flows("to_marketo")}
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
        "link_status": status_of(creation.record),
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
        "link_status": "dynamics_deleted",
    }
    return Proposal(record, {})


def _key(pair: Pair, direction: Direction) -> str:
    if direction == "to_dynamics":
        return person_key(pair.link["marketo_id"])
    return row_key(pair.link["dynamics_table"], pair.link["dynamics_id"])
