"""Pairs that differ are found by hashes; the others cost no cycle (S121)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.cycle.fingerprint import equals_base, fingerprint
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.request.drifted import DriftSearch
from leadsync.cycle.request.reconcile import reconcile
from leadsync.state.port import StateChanges
from leadsync.values.marks import ABSENT
from support.world import MAPPING, RELATED_MAPPING, World, world

__all__ = ["world"]

FIELDS = tuple(load_plan(World().engine).tables["lead"].own)
CELL = st.sampled_from([None, "", "a", "A ", "1:a", "ü"]) | st.just(ABSENT)
VALUES = st.fixed_dictionaries({field.name: CELL for field in FIELDS[:3]})


@pytest.fixture
def employer() -> World:
    """A world that maps company and owner fields, with people of every kind that is in step."""
    made = World(RELATED_MAPPING)
    dynamics = made.dynamics
    account = dynamics.add("account", name="Volvo")
    parent = dynamics.add("contact", lastname="Ek", emailaddress1="boss@x.com")
    user = dynamics.add("systemuser", fullname="Ann Sales")
    made.linked("contact", _parentcustomerid_value=account, _ownerid_value=user)
    made.linked("contact", _parentcustomerid_value=parent)
    made.linked("contact")
    made.linked("lead", jobtitle="CTO")
    return made


def suspects(world: World) -> set[str]:
    """The rows of the pairs that a cycle has to judge."""
    search = DriftSearch(world.engine, load_plan(world.engine))
    return {
        link["dynamics_id"]
        for table in search.plan.tables.values()
        for link in search.among(table, list(world.store.live_links(table.table)))
    }


@given(left=VALUES, right=VALUES)
def test_one_fingerprint_means_nothing_to_write(
    left: dict[str, str | None], right: dict[str, str | None]
) -> None:
    fields = FIELDS[:3]
    same = all(f.comparable(left[f.name]) == f.comparable(right[f.name]) for f in fields)
    assert (fingerprint(fields, left) == fingerprint(fields, right)) is same


def test_what_is_unknown_is_left_out_and_a_base_that_lacks_a_field_differs() -> None:
    one, other = FIELDS[:2]
    assert equals_base([one, other], {one.name: "a"}, {one.name: "a", other.name: "b"})
    assert equals_base([one, other], {one.name: "a", other.name: ABSENT}, {one.name: "a"})
    assert not equals_base([one], {one.name: None}, {})


def test_people_who_are_in_step_are_no_suspects_whatever_they_belong_to(employer: World) -> None:
    assert suspects(employer) == set()
    before = {cycle.cycle_id for cycle in employer.store.cycles(limit=100)}
    found = reconcile(employer.engine, repair=True)
    assert (found.compared, found.drift) == (5, [])
    new = [c.kind for c in employer.store.cycles(limit=100) if c.cycle_id not in before]
    assert new == ["manual"]


def spoil_person(world: World, person: int, row: str) -> None:
    world.marketo.people[person]["title"] = "B"


def spoil_row(world: World, person: int, row: str) -> None:
    world.dynamics.rows["lead"][row]["jobtitle"] = "B"


def spoil_base(world: World, person: int, row: str) -> None:
    (link,) = world.store.links_of_persons([person])
    world.store.apply(StateChanges(base={link["link_id"]: {"title": "B"}}), lease=None)


def spoil_stamp(world: World, person: int, row: str) -> None:
    world.marketo.people[person]["leadsyncDynamicsId"] = None


def spoil_filter(world: World, person: int, row: str) -> None:
    world.dynamics.rows["lead"][row]["new_synctomkto"] = False


def spoil_state(world: World, person: int, row: str) -> None:
    world.dynamics.rows["lead"][row]["statecode"] = 2


def lose_row(world: World, person: int, row: str) -> None:
    del world.dynamics.rows["lead"][row]


def lose_person(world: World, person: int, row: str) -> None:
    del world.marketo.people[person]


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_person,
        spoil_row,
        spoil_base,
        spoil_stamp,
        spoil_filter,
        spoil_state,
        lose_row,
        lose_person,
    ],
)
def test_whatever_a_cycle_would_have_to_judge_is_a_suspect(
    world: World, spoil: Callable[[World, int, str], None]
) -> None:
    person, row = world.linked(jobtitle="A")
    world.linked(jobtitle="A")
    assert suspects(world) == set()
    spoil(world, person, row)
    assert suspects(world) == {row}


def test_an_account_that_changed_unseen_makes_its_people_suspects(employer: World) -> None:
    (account,) = employer.dynamics.rows["account"].values()
    account["name"] = "Saab"
    found = reconcile(employer.engine, repair=True)
    assert (len(found.drift), found.repaired) == (1, 1)
    assert [p["company"] for p in employer.marketo.people.values()].count("Saab") == 1
    assert suspects(employer) == set()


def test_a_field_that_flows_one_way_is_judged_by_its_source_alone() -> None:
    entries = [
        {**entry, "direction": "to_marketo"} if entry["marketo"] == "title" else entry
        for entry in MAPPING["fields"]
    ]
    world = World({**MAPPING, "fields": entries})
    person, row = world.linked(jobtitle="A")
    spoil_person(world, person, row)
    assert suspects(world) == set()
    spoil_row(world, person, row)
    assert suspects(world) == {row}


def test_changes_that_users_make_during_the_search_are_no_drift(world: World) -> None:
    person, _ = world.linked(jobtitle="A")
    read = world.marketo.persons

    def read_then_edit(*asked: object) -> object:
        world.marketo.persons = read  # type: ignore[method-assign]
        world.marketo.edit(person, title="B")
        return read(*asked)  # type: ignore[arg-type]

    world.marketo.persons = read_then_edit  # type: ignore[method-assign,assignment]
    assert reconcile(world.engine, repair=True).drift == []
    assert [row["jobtitle"] for row in world.dynamics.rows["lead"].values()] == ["B"]
