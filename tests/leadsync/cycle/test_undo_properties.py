"""Undo under any edits before and after: back where nobody went on, and quiet (semantics.md 9)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadsync.cycle.request.undo import undo
from support.world import MAPPING, World

TABLES = ("lead", "contact", "lead")
COLUMNS = {"title": "jobtitle", "city": "address1_city", "phone": "telephone1"}
RULES = ("type_rule", "non_empty_wins", "newest_wins")
#: (pair, side, field, value)
EDIT = st.tuples(
    st.integers(0, len(TABLES) - 1),
    st.sampled_from(["marketo", "dynamics"]),
    st.sampled_from(sorted(COLUMNS)),
    st.sampled_from(["A", "B", "C", None]),
)
EDITS = st.lists(EDIT, max_size=6)
Pairs = list[tuple[int, str]]
Cells = dict[tuple[int, str], tuple[Any, Any]]


def a_world(rule: str) -> tuple[World, Pairs]:
    """Three pairs that agree on A everywhere."""
    fields = [
        {**entry, "rule": rule} if entry["marketo"] in COLUMNS else entry
        for entry in MAPPING["fields"]
    ]
    world = World(mapping={**MAPPING, "fields": fields})
    values = dict.fromkeys(COLUMNS.values(), "A")
    for number, table in enumerate(TABLES):
        email = f"p{number}@x.com"
        world.dynamics.add(table, lastname="Ek", emailaddress1=email, **values)
    world.cycle()
    world.cycle()
    rows = {p["leadsyncDynamicsId"]: int(p["id"]) for p in world.marketo.people.values()}
    by_email = {
        p["email"]: (rows[p["leadsyncDynamicsId"]], p["leadsyncDynamicsId"])
        for p in world.marketo.people.values()
    }
    return world, [by_email[f"p{number}@x.com"] for number in range(len(TABLES))]


def apply(world: World, pairs: Pairs, edits: list[tuple[int, str, str, Any]]) -> set[Any]:
    """Make the edits that change something; returns the cells that they touch."""
    touched = set()
    for number, side, name, value in edits:
        person, row = pairs[number]
        if side == "marketo" and world.marketo.people[person][name] != value:
            world.marketo.edit(person, **{name: value})
            touched.add((number, name))
        column, table = COLUMNS[name], TABLES[number]
        if side == "dynamics" and world.dynamics.rows[table][row][column] != value:
            world.dynamics.edit(table, row, **{column: value})
            touched.add((number, name))
    return touched


def cells(world: World, pairs: Pairs) -> Cells:
    """Both sides' values by pair and field."""
    return {
        (number, name): (
            world.marketo.people[person][name],
            world.dynamics.rows[TABLES[number]][row][column],
        )
        for number, (person, row) in enumerate(pairs)
        for name, column in COLUMNS.items()
    }


def replaced(before: Cells, after: Cells) -> Cells:
    """The cells that a cycle wrote, each with the value that it replaced on both sides."""
    found: Cells = {}
    for key, (marketo, dynamics) in after.items():
        if before[key][0] != marketo:
            found[key] = (before[key][0],) * 2
        elif before[key][1] != dynamics:
            found[key] = (before[key][1],) * 2
    return found


@settings(max_examples=40, deadline=None)
@given(first=EDITS, since=EDITS, rule=st.sampled_from(RULES))
def test_untouched_values_go_back_others_stay_and_all_is_quiet(
    first: list[Any], since: list[Any], rule: str
) -> None:
    world, pairs = a_world(rule)
    apply(world, pairs, first)
    before = cells(world, pairs)
    cycle_id = world.cycle()["cycle_id"]
    written = replaced(before, cells(world, pairs))
    touched = apply(world, pairs, since)
    standing = cells(world, pairs)
    world.clock.advance(60)
    undo(world.engine, cycle_id, dry_run=False)
    now = cells(world, pairs)
    for key, values in now.items():
        if key not in written:
            assert values == standing[key], key
        elif key not in touched:
            assert values == written[key], key
    for _ in range(2):
        world.cycle()
    end = cells(world, pairs)
    assert {key: values for key, values in end.items() if values[0] != values[1]} == {}
    assert all(end[key] == now[key] for key in end if key not in touched)
    world.cycle()
    assert world.writes == 0
