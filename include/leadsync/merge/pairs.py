"""A person and a row that belong together, and pairs laid out for the three-way merge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from leadsync.mapping.plan import FieldPlan
from leadsync.merge.claims import Claim, claimed_columns
from leadsync.merge.three_way import Cells, Sides
from leadsync.state.port import LinkRow, Values
from leadsync.values.marks import ABSENT


@dataclass(slots=True)
class Pair:
    """Both sides of one link as this cycle sees them.

    :param marketo: the person's current values, or ``None`` when the person was not read because it
        has not changed: then the base stands in. ``dynamics`` likewise for the row.
    :param related: values of the row's account and owner, as far as this cycle knows them: part of
        the Dynamics side, also where the row itself was not read.
    :param is_new: the link was found in this cycle and is stored with its first write.
    :param converted: the link moved from a lead to the contact that the lead became.
    :param fills: what the row does not have is filled from the person (S099).
    :param moved: the link moved to the person that its own one was merged into; it is stored with
        the commit.
    :param restored: the row was deleted and is back under its own id: its old link opens again.
    :param restamped: the link is stored, and its person lacks our own fields.
    :param matched_by_name: the row was looked up for the person, so it is in no window.
    :param reopened: the pair came back into scope in this window; ``stopped_at`` is when it left.
    :param claims: values by field that count as Marketo's in the merge (``merge/claims.py``).
    :param relabelled: options by field whose label the person gets anew (S061).
    :param person_extracted: the window holds this person; ``row_extracted`` likewise.
    """

    link: LinkRow
    base: Values = field(default_factory=dict)
    marketo: Values | None = None
    dynamics: Values | None = None
    related: Values = field(default_factory=dict)
    is_new: bool = False
    converted: bool = False
    fills: bool = False
    moved: bool = False
    restored: bool = False
    restamped: bool = False
    matched_by_name: bool = False
    reopened: bool = False
    stopped_at: datetime | None = None
    relabelled: Mapping[str, list[str]] = field(default_factory=dict)
    person_extracted: bool = False
    row_extracted: bool = False
    marketo_at: float = math.nan
    dynamics_at: float = math.nan
    created_on: str | None = None
    claims: dict[str, Claim] | None = None

    @property
    def stamps(self) -> bool:
        """Whether the person gets our own fields: its link is new, moved or back, or lost them."""
        return self.is_new or self.converted or self.restored or self.restamped


def lay_out(fields: Sequence[FieldPlan], pairs: Sequence[Pair]) -> Sides:
    """Lay pairs out as arrays of shape ``(pairs, fields)``, in the order given."""
    names = [plan.name for plan in fields]
    base = _cells(names, [pair.base for pair in pairs])
    marketo = _over(base, names, [pair.marketo for pair in pairs])
    dynamics = _over(base, names, [pair.dynamics for pair in pairs])
    _put_related(dynamics, names, pairs)
    for position, pair in enumerate(pairs):
        for column, _, claim in claimed_columns(fields, pair.claims) if pair.claims else ():
            marketo[position, column], base[position, column] = claim.value, claim.base
    return Sides(
        marketo=marketo,
        dynamics=dynamics,
        base=base,
        marketo_at=np.array([pair.marketo_at for pair in pairs], dtype=np.float64),
        dynamics_at=np.array([pair.dynamics_at for pair in pairs], dtype=np.float64),
    )


def _put_related(cells: Cells, names: Sequence[str], pairs: Sequence[Pair]) -> None:
    columns = {name: column for column, name in enumerate(names)}
    for position, pair in enumerate(pairs):
        for name, value in pair.related.items():
            cells[position, columns[name]] = value


def _cells(names: Sequence[str], values: Sequence[Values]) -> Cells:
    cells = np.empty((len(values), len(names)), dtype=object)
    for position, row in enumerate(values):
        cells[position, :] = [row.get(name, ABSENT) for name in names]
    return cells


def _over(base: Cells, names: Sequence[str], values: Sequence[Values | None]) -> Cells:
    """Return the base with the rows of ``values`` in their places."""
    cells = base.copy()
    read = [position for position, row in enumerate(values) if row is not None]
    cells[read, :] = _cells(names, [row for row in values if row is not None])
    return cells
