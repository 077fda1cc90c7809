"""Rows that are closed: read on, never written to, until they are open again (S077, S094, S096)."""

from __future__ import annotations

import pytest

from support.world import World, world

__all__ = ["world"]


@pytest.mark.parametrize("table", ["lead", "contact"])
def test_a_change_for_a_closed_row_waits_until_the_row_is_open_again(
    world: World, table: str
) -> None:
    person, row = world.linked(table, jobtitle="A")
    world.dynamics.deactivate(table, row)
    world.cycle()
    world.marketo.edit(person, city="Lund")
    report = world.cycle()
    assert world.dynamics.writes == []
    assert report["counts"]["to_dynamics"][table]["out_of_scope"] == 1
    for _ in range(2):
        world.cycle()
        assert world.writes == 0

    world.dynamics.reopen(table, row)
    world.cycle()
    assert world.dynamics.rows[table][row]["address1_city"] == "Lund"


def test_a_change_and_the_closing_of_its_row_in_one_window_do_not_meet(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, city="Lund")
    world.dynamics.deactivate("lead", row)
    world.cycle()
    assert world.dynamics.writes == []


def test_values_of_a_closed_row_still_reach_its_person(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.dynamics.deactivate("lead", row)
    world.dynamics.edit("lead", row, jobtitle="B")
    world.cycle()
    assert world.marketo.people[person]["title"] == "B"
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is False


@pytest.mark.parametrize(("table", "winner"), [("lead", "B"), ("contact", "C")])
def test_what_both_sides_changed_meanwhile_is_decided_by_rule(
    world: World, table: str, winner: str
) -> None:
    person, row = world.linked(table, jobtitle="A")
    world.dynamics.deactivate(table, row)
    world.cycle()
    world.marketo.edit(person, title="B")
    world.cycle()
    world.dynamics.edit(table, row, jobtitle="C")
    world.cycle()
    world.dynamics.reopen(table, row)
    world.cycle()
    assert world.marketo.people[person]["title"] == winner
    assert world.dynamics.rows[table][row]["jobtitle"] == winner
    world.cycle()
    assert world.writes == 0


def test_a_row_that_was_closed_before_it_became_a_person_is_not_written_to(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", statecode=2)
    for _ in range(2):
        world.cycle()
    world.marketo.edit(int(world.person_of(row)["id"]), title="CTO")
    world.cycle()
    assert world.dynamics.writes == []
    world.dynamics.reopen("lead", row)
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CTO"


def test_a_closed_row_that_the_filter_keeps_out_comes_back_closed(world: World) -> None:
    person, row = world.linked()
    world.dynamics.edit("lead", row, new_synctomkto=False, statecode=2)
    world.cycle()
    world.dynamics.edit("lead", row, new_synctomkto=True)
    world.cycle()
    world.marketo.edit(person, title="CTO")
    world.cycle()
    assert world.dynamics.writes == []
