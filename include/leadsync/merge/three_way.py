"""The three-way merge: per pair and field, what flows where (semantics.md 2).

Pure: arrays in, arrays out. Cells are canonical values (docs/architecture.md, Values) in 2-D object
arrays of shape ``(pairs, fields)``, columns in the order of ``fields``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from leadsync.mapping.plan import FieldPlan
from leadsync.merge.rules import Clash, marketo_wins
from leadsync.values.marks import ABSENT

Cells: TypeAlias = NDArray[np.object_]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sides:
    """What both sides hold and held: three cell arrays and the times of the last changes.

    :param marketo_at: seconds since the epoch of the person's last change, NaN when unknown.
    :param dynamics_at: the same for the row (``modifiedon``).
    """

    marketo: Cells
    dynamics: Cells
    base: Cells
    marketo_at: NDArray[np.float64]
    dynamics_at: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decision:
    """Masks of shape ``(pairs, fields)``.

    :param to_marketo: write Dynamics' value to Marketo.
    :param to_dynamics: write Marketo's value to Dynamics.
    :param collision: both sides changed differently; a rule decided.
    :param no_base: the sides differ and no common value is known; a rule decided (S049).
    :param agreed: both sides hold one value that the base does not have yet.
    """

    to_marketo: Mask
    to_dynamics: Mask
    collision: Mask
    no_base: Mask
    agreed: Mask


def three_way(fields: Sequence[FieldPlan], sides: Sides) -> Decision:
    """Decide every field of every pair of one table."""
    shape = sides.marketo.shape
    decision = Decision(*(np.zeros(shape, dtype=bool) for _ in range(5)))
    for column, plan in enumerate(fields):
        if plan.direction != "off":
            _decide_field(plan, column, sides, decision)
    return decision


def _decide_field(plan: FieldPlan, column: int, sides: Sides, decision: Decision) -> None:
    marketo = sides.marketo[:, column]
    dynamics = sides.dynamics[:, column]
    base = sides.base[:, column]
    marketo_known, dynamics_known = known(marketo), known(dynamics)
    has_base = known(base)
    both_known = marketo_known & dynamics_known
    same = both_known & ~differs(marketo, dynamics, plan.comparable)
    off_base_marketo = marketo_known & differs(marketo, base, plan.comparable)
    off_base_dynamics = dynamics_known & differs(dynamics, base, plan.comparable)
    decision.agreed[:, column] = same & off_base_marketo

    if plan.direction == "to_marketo":
        decision.to_marketo[:, column] = off_base_dynamics & ~same
        return
    if plan.direction == "to_dynamics":
        decision.to_dynamics[:, column] = off_base_marketo & ~same
        return
    marketo_changed = off_base_marketo & has_base
    dynamics_changed = off_base_dynamics & has_base
    collision = marketo_changed & dynamics_changed & ~same
    no_base = ~has_base & both_known & ~same
    clash = collision | no_base
    wins = marketo_wins(
        plan.rule,
        Clash(plan.table, marketo, dynamics, sides.marketo_at, sides.dynamics_at),
    )
    decision.collision[:, column] = collision
    decision.no_base[:, column] = no_base
    decision.to_dynamics[:, column] = (marketo_changed & ~dynamics_changed & ~same) | (clash & wins)
    decision.to_marketo[:, column] = (dynamics_changed & ~marketo_changed & ~same) | (clash & ~wins)


def known(cells: Cells) -> Mask:
    """Mask the cells that hold a value or null, as opposed to absent."""
    return np.asarray(cells != ABSENT, dtype=bool)


def differs(left: Cells, right: Cells, comparable: Callable[[str | None], str | None]) -> Mask:
    """Mask the cells that differ in the form that the field compares."""
    different = np.asarray(left != right, dtype=bool)
    for position in np.flatnonzero(different):
        different[position] = comparable(left[position]) != comparable(right[position])
    return different
