"""Who wins a clash: the closed set of field rules (semantics.md 2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadsync.mapping.plan import Rule
from leadsync.model import Table

#: Clocks drift and both systems keep whole seconds: inside this the newest is unknown (S048).
NEWEST_TOLERANCE_SECONDS = 300.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Clash:
    """One field's values on both sides; arrays of shape ``(pairs,)``, times in epoch seconds."""

    table: Table
    marketo: NDArray[np.object_]
    dynamics: NDArray[np.object_]
    marketo_at: NDArray[np.float64]
    dynamics_at: NDArray[np.float64]


def marketo_wins(rule: Rule, clash: Clash) -> Mask:
    """Mask the pairs where Marketo's value wins; only meaningful where the values differ."""
    return _RULES[rule](clash)


def _constant(clash: Clash, value: bool) -> Mask:
    return np.full(clash.marketo.shape, value)


def _type_rule(clash: Clash) -> Mask:
    return _constant(clash, clash.table == "lead")


def _newest_wins(clash: Clash) -> Mask:
    lead = clash.marketo_at - clash.dynamics_at
    decided = np.abs(lead) > NEWEST_TOLERANCE_SECONDS  # NaN compares false: the type rule decides
    return np.where(decided, lead > 0, _type_rule(clash))


def _non_empty_wins(clash: Clash) -> Mask:
    marketo_empty = np.asarray(clash.marketo == None, dtype=bool)  # noqa: E711 - elementwise
    dynamics_empty = np.asarray(clash.dynamics == None, dtype=bool)  # noqa: E711 - elementwise
    return np.where(marketo_empty ^ dynamics_empty, dynamics_empty, _type_rule(clash))


def _most_restrictive(clash: Clash) -> Mask:
    return np.asarray(clash.marketo == "true", dtype=bool)


_RULES: dict[Rule, Callable[[Clash], Mask]] = {
    "type_rule": _type_rule,
    "marketo_wins": lambda clash: _constant(clash, True),
    "dynamics_wins": lambda clash: _constant(clash, False),
    "newest_wins": _newest_wins,
    "non_empty_wins": _non_empty_wins,
    "most_restrictive": _most_restrictive,
}
