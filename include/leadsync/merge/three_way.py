"""The three-way merge: per pair and field, what flows where (semantics.md 2).

Pure: arrays in, arrays out. Cells are canonical values (docs/architecture.md, Values) in 2-D object
arrays of shape ``(pairs, fields)``, columns in the order of ``fields``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from leadsync.mapping.plan import FieldDirection, FieldPlan
from leadsync.merge.rules import Clash, marketo_wins
from leadsync.values.marks import ABSENT

#: pairs that are decided in one go, so that temporary masks stay small.
PAIRS_AT_ONCE = 8192

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

    def part(self, pairs: slice) -> Sides:
        """Return a view of some pairs."""
        return Sides(*(getattr(self, name)[pairs] for name in self.__slots__))


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

    def part(self, pairs: slice) -> Decision:
        """Return a view of some pairs."""
        return Decision(*(getattr(self, name)[pairs] for name in self.__slots__))


def three_way(fields: Sequence[FieldPlan], sides: Sides) -> Decision:
    """Decide every field of every pair of one table."""
    shape = sides.marketo.shape
    decision = Decision(*(np.zeros(shape, dtype=bool) for _ in range(5)))
    for start in range(0, shape[0], PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        _decide(fields, sides.part(block), decision.part(block))
    return decision


def _decide(fields: Sequence[FieldPlan], sides: Sides, decision: Decision) -> None:
    """Fill ``decision``; masks of shape ``(fields,)`` say which columns a direction concerns."""
    marketo_known, dynamics_known = known(sides.marketo), known(sides.dynamics)
    has_base = known(sides.base)
    off_base_marketo = marketo_known & _off_base(fields, sides.marketo, sides.base, has_base)
    off_base_dynamics = dynamics_known & _off_base(fields, sides.dynamics, sides.base, has_base)
    moved = off_base_marketo | off_base_dynamics
    both_known = marketo_known & dynamics_known
    unlike = differs(fields, sides.marketo, sides.dynamics, moved & both_known)
    same = both_known & ~unlike
    marketo_changed = off_base_marketo & ~same
    dynamics_changed = off_base_dynamics & ~same

    both_ways = _directed(fields, "both")
    collision = marketo_changed & dynamics_changed & has_base & both_ways
    no_base = unlike & ~has_base & both_ways
    clash = collision | no_base
    wins = _marketo_wins(fields, sides, clash)
    one_sided = has_base & both_ways & ~collision
    decision.agreed[:] = same & off_base_marketo & ~_directed(fields, "off")
    decision.collision[:] = collision
    decision.no_base[:] = no_base
    decision.to_dynamics[:] = (
        marketo_changed & (one_sided | _directed(fields, "to_dynamics"))
    ) | wins
    decision.to_marketo[:] = (dynamics_changed & (one_sided | _directed(fields, "to_marketo"))) | (
        clash & ~wins
    )


def _directed(fields: Sequence[FieldPlan], direction: FieldDirection) -> Mask:
    return np.array([plan.direction == direction for plan in fields], dtype=bool)


def _off_base(fields: Sequence[FieldPlan], cells: Cells, base: Cells, has_base: Mask) -> Mask:
    """Mask the cells that differ from a base, or have none to be equal to."""
    return ~has_base | differs(fields, cells, base, has_base)


def _marketo_wins(fields: Sequence[FieldPlan], sides: Sides, clash: Mask) -> Mask:
    """Mask the clashes that Marketo wins by the rules of their fields."""
    wins = np.zeros(clash.shape, dtype=bool)
    for column in np.flatnonzero(clash.any(axis=0)).tolist():
        plan = fields[column]
        wins[:, column] = marketo_wins(
            plan.rule,
            Clash(
                plan.table,
                sides.marketo[:, column],
                sides.dynamics[:, column],
                sides.marketo_at,
                sides.dynamics_at,
            ),
        )
    return wins & clash


def known(cells: Cells) -> Mask:
    """Mask the cells that hold a value or null, as opposed to absent."""
    return np.asarray(cells != ABSENT, dtype=bool)


def differs(fields: Sequence[FieldPlan], left: Cells, right: Cells, where: Mask) -> Mask:
    """Mask the cells among ``where`` that differ in the form that their field compares."""
    different = np.asarray(left != right, dtype=bool) & where
    for position, column in np.argwhere(different).tolist():
        comparable = fields[column].comparable
        different[position, column] = comparable(left[position, column]) != comparable(
            right[position, column]
        )
    return different
