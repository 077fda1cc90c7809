"""The merge table of semantics.md section 2, the rules, and the laws that hold for any values."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.mapping.plan import FieldPlan, Rule
from leadsync.merge.pairs import Pair, lay_out
from leadsync.merge.three_way import Decision, three_way
from leadsync.state.port import LinkRow
from leadsync.values.marks import ABSENT
from support.plans import field_plan

A, B, C = "a", "b", "c"


def decide(
    plan: FieldPlan,
    *,
    base: str | None,
    marketo: str | None,
    dynamics: str | None,
    marketo_at: float = math.nan,
    dynamics_at: float = math.nan,
) -> dict[str, bool]:
    """Decide one field of one pair and return the masks' only cell by name."""
    pair = Pair(
        LinkRow(link_id="l"),  # type: ignore[typeddict-item]
        base={plan.name: base},
        marketo={plan.name: marketo},
        dynamics={plan.name: dynamics},
        marketo_at=marketo_at,
        dynamics_at=dynamics_at,
    )
    decision = three_way([plan], lay_out([plan], [pair]))
    return {name: bool(getattr(decision, name)[0, 0]) for name in Decision.__slots__}


def flow(outcome: dict[str, bool]) -> str:
    """Name where the value goes."""
    return {
        (False, False): "nowhere",
        (True, False): "to_marketo",
        (False, True): "to_dynamics",
        (True, True): "both",
    }[outcome["to_marketo"], outcome["to_dynamics"]]


@pytest.mark.parametrize(
    ("base", "marketo", "dynamics", "expected", "collides"),
    [
        (A, A, A, "nowhere", False),
        (A, B, A, "to_dynamics", False),
        (A, A, B, "to_marketo", False),
        (A, B, B, "nowhere", False),
        (A, B, C, "to_dynamics", True),
        (None, None, None, "nowhere", False),
        (A, None, A, "to_dynamics", False),
        (A, A, None, "to_marketo", False),
        (A, ABSENT, B, "to_marketo", False),
        (A, ABSENT, A, "nowhere", False),
        (A, B, ABSENT, "to_dynamics", False),
        (A, ABSENT, ABSENT, "nowhere", False),
    ],
)
def test_the_merge_table_of_a_lead(
    base: Any, marketo: Any, dynamics: Any, expected: Any, collides: Any
) -> None:
    outcome = decide(field_plan("lead"), base=base, marketo=marketo, dynamics=dynamics)
    assert flow(outcome) == expected
    assert outcome["collision"] is collides


@pytest.mark.parametrize(("table", "winner"), [("lead", "to_dynamics"), ("contact", "to_marketo")])
def test_type_rule_lets_marketo_win_on_leads_and_dynamics_on_contacts(
    table: Any, winner: Any
) -> None:
    outcome = decide(field_plan(table), base=A, marketo=B, dynamics=C)
    assert flow(outcome) == winner


def test_equal_new_values_move_the_base_without_a_write() -> None:
    outcome = decide(field_plan("lead"), base=A, marketo=B, dynamics=B)
    assert outcome["agreed"]
    assert not outcome["collision"]


@pytest.mark.parametrize(("table", "winner"), [("lead", "to_dynamics"), ("contact", "to_marketo")])
def test_without_a_base_the_type_rule_decides_and_says_so(table: Any, winner: Any) -> None:
    outcome = decide(field_plan(table), base=ABSENT, marketo=B, dynamics=C)
    assert flow(outcome) == winner
    assert outcome["no_base"]


@pytest.mark.parametrize(
    ("direction", "marketo", "dynamics", "expected"),
    [
        ("to_marketo", B, A, "nowhere"),
        ("to_marketo", A, B, "to_marketo"),
        ("to_marketo", B, C, "to_marketo"),
        ("to_dynamics", A, B, "nowhere"),
        ("to_dynamics", B, A, "to_dynamics"),
        ("to_dynamics", B, C, "to_dynamics"),
        ("off", B, C, "nowhere"),
    ],
)
def test_a_direction_only_lets_values_flow_that_way(
    direction: Any, marketo: Any, dynamics: Any, expected: Any
) -> None:
    plan = replace(field_plan("lead"), direction=direction)
    outcome = decide(plan, base=A, marketo=marketo, dynamics=dynamics)
    assert flow(outcome) == expected
    assert not outcome["collision"]


@pytest.mark.parametrize(
    ("rule", "marketo", "dynamics", "expected"),
    [
        ("marketo_wins", B, C, "to_dynamics"),
        ("dynamics_wins", B, C, "to_marketo"),
        ("non_empty_wins", None, C, "to_marketo"),
        ("non_empty_wins", B, None, "to_dynamics"),
        ("non_empty_wins", B, C, "to_marketo"),
        ("most_restrictive", "true", "false", "to_dynamics"),
        ("most_restrictive", "false", "true", "to_marketo"),
    ],
)
def test_field_rules_decide_collisions_of_contacts(
    rule: Rule, marketo: Any, dynamics: Any, expected: Any
) -> None:
    plan = replace(field_plan("contact"), rule=rule)
    outcome = decide(plan, base=A, marketo=marketo, dynamics=dynamics)
    assert flow(outcome) == expected


@pytest.mark.parametrize(
    ("lead_seconds", "expected"),
    [(301, "to_dynamics"), (-301, "to_marketo"), (299, "to_marketo"), (math.nan, "to_marketo")],
)
def test_newest_wins_falls_back_to_the_type_rule_inside_the_tolerance(
    lead_seconds: Any, expected: Any
) -> None:
    plan = replace(field_plan("contact"), rule="newest_wins")
    outcome = decide(
        plan, base=A, marketo=B, dynamics=C, marketo_at=1000.0 + lead_seconds, dynamics_at=1000.0
    )
    assert flow(outcome) == expected


def test_the_comparison_form_decides_what_differs() -> None:
    plan = replace(field_plan("lead"), comparable=lambda v: v.strip().lower() if v else v)
    outcome = decide(plan, base="x", marketo="Z", dynamics="z ")
    assert flow(outcome) == "nowhere"


CELLS = st.sampled_from([A, B, C, None, ABSENT])


@given(base=CELLS, marketo=CELLS, dynamics=CELLS, table=st.sampled_from(["lead", "contact"]))
def test_a_value_never_flows_both_ways_and_absent_never_flows(
    base: Any, marketo: Any, dynamics: Any, table: Any
) -> None:
    outcome = decide(field_plan(table), base=base, marketo=marketo, dynamics=dynamics)
    assert flow(outcome) != "both"
    if outcome["to_dynamics"]:
        assert marketo != ABSENT
    if outcome["to_marketo"]:
        assert dynamics != ABSENT


@given(base=CELLS, marketo=CELLS, dynamics=CELLS, table=st.sampled_from(["lead", "contact"]))
def test_merging_the_result_again_writes_nothing(
    base: Any, marketo: Any, dynamics: Any, table: Any
) -> None:
    plan = field_plan(table)
    outcome = decide(plan, base=base, marketo=marketo, dynamics=dynamics)
    if outcome["to_dynamics"]:
        base = dynamics = marketo
    elif outcome["to_marketo"]:
        base = marketo = dynamics
    elif outcome["agreed"]:
        base = marketo
    again = decide(plan, base=base, marketo=marketo, dynamics=dynamics)
    assert flow(again) == "nowhere"
    assert not again["agreed"]


def test_pairs_are_decided_each_for_itself() -> None:
    plan = field_plan("lead")
    pairs = [
        Pair(
            LinkRow(link_id=str(n)),  # type: ignore[typeddict-item]
            base={plan.name: A},
            marketo={plan.name: marketo},
            dynamics=None,
        )
        for n, marketo in enumerate([A, B, A, C])
    ]
    decision = three_way([plan], lay_out([plan], pairs))
    assert np.flatnonzero(decision.to_dynamics[:, 0]).tolist() == [1, 3]
    assert not decision.to_marketo.any()
