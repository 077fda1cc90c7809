"""Values that count as Marketo's in the merge although another value stands there.

Three rules need this. A user's change that our own write went over is judged as if it still stood
(semantics.md 2, third changes). A stop that an address or a click demands is judged as if the
person had it already (semantics.md 6, S110, S111). The value from before a cycle that is undone is
judged as if somebody had entered it again. When the claim wins, both sides get its value;
when Dynamics wins, its value stays and the claim is journalled as the loser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from leadsync.mapping.plan import FieldPlan
from leadsync.merge.three_way import Decision, Sides
from leadsync.model import System
from leadsync.state.port import Values
from leadsync.values.marks import ABSENT


@dataclass(frozen=True, slots=True)
class Claim:
    """One field's claimed value.

    :param base: what the claim is a change of; ``ABSENT`` when both sides never agreed.
    :param kind: journal kind of the write that brings the value to Marketo.
    :param rule: rule to journal instead of the field's own.
    :param only: the side that gets the value, whatever the other one holds: the target of a field
        that flows one way.
    """

    value: str | None
    base: str | None
    kind: Literal["restored", "written", "undone"]
    rule: str | None = None
    only: System | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of a claim.

    :param standing: what Marketo holds now.
    :param dynamics: what Dynamics holds now.
    :param won: the claim is what both sides get.
    :param clashed: Dynamics had another change, so that a rule decided.
    """

    field: FieldPlan
    claim: Claim
    standing: str | None
    dynamics: str | None
    won: bool
    clashed: bool

    @property
    def target(self) -> str | None:
        """The value that Marketo must end with."""
        return self.claim.value if self.won else self.dynamics

    @property
    def to_marketo(self) -> bool:
        """Whether Marketo must be written."""
        wanted = self.claim.only != "dynamics" and self.target != ABSENT
        return wanted and self._differs(self.target, self.standing)

    @property
    def to_dynamics(self) -> bool:
        """Whether Dynamics must be written."""
        wanted = self.claim.only != "marketo" and self.won
        return wanted and self._differs(self.claim.value, self.dynamics)

    @property
    def stops(self) -> bool:
        """Whether it is an opt-out, which nothing of its record may hold back (S109)."""
        return self.won and self.field.rule == "most_restrictive" and self.claim.value == "true"

    def for_marketo(self) -> Ruling:
        """Return the ruling without its write to Dynamics; the base waits for that one."""
        return replace(self, claim=replace(self.claim, only="marketo"))

    def _differs(self, left: str | None, right: str | None) -> bool:
        return self.field.comparable(left) != self.field.comparable(right)


@dataclass(frozen=True, slots=True)
class Merged:
    """What the merge has made of all pairs of a table; arrays of shape ``(pairs, fields)``."""

    fields: Sequence[FieldPlan]
    sides: Sides
    decision: Decision

    def take_rulings(
        self, position: int, claims: Mapping[str, Claim], standing: Values
    ) -> list[Ruling]:
        """Read one pair's claims off the decision's masks, and clear them there.

        :param position: the pair's row in the arrays.
        :param standing: what Marketo really holds, by field.
        """
        decision, rulings = self.decision, []
        for column, plan, claim in claimed_columns(self.fields, claims):
            cell = (position, column)
            sure = claim.only is not None
            clashed = not sure and bool(decision.collision[cell] or decision.no_base[cell])
            won = sure or bool(decision.to_dynamics[cell] or decision.agreed[cell])
            now, theirs = standing.get(plan.name, ABSENT), self.sides.dynamics[cell]
            rulings.append(Ruling(plan, claim, now, theirs, won=won, clashed=clashed))
            for mask in (decision.to_dynamics, decision.to_marketo, decision.agreed):
                mask[cell] = False
        return rulings


def standing_values(marketo: Mapping[str, str | None] | None, base: Values) -> Values:
    """Return what Marketo holds: as read, or as in the base where it was not read."""
    return {**base, **(marketo or {})}


def claimed_columns(
    fields: Sequence[FieldPlan], claims: Mapping[str, Claim]
) -> list[tuple[int, FieldPlan, Claim]]:
    """Return the claimed fields with their columns, in the order of ``fields``.

    Where a field flows one way, its source's word is final, unless the claim is for one side only.
    """
    return [
        (column, plan, claims[plan.name])
        for column, plan in enumerate(fields)
        if plan.name in claims and (plan.direction == "both" or claims[plan.name].only)
    ]
