"""Regression tests of plans and defaults that went wrong in the simulation (S010, S028)."""

from __future__ import annotations

import copy

import pytest

from leadsync.cycle.decide.guards import MassDeleteError
from support.world import MAPPING, World, world

__all__ = ["world"]


def test_a_default_gives_way_to_a_name_that_its_person_gets_before_the_next_cycle() -> None:
    mapping = copy.deepcopy(MAPPING)
    (entry,) = (entry for entry in mapping["fields"] if entry["marketo"] == "lastName")
    entry["default_on_create"] = "Unknown"
    world = World(mapping=mapping)
    person = world.marketo.add(firstName="Eva")
    world.cycle()
    world.sync_person(person, sync_as="contact")
    (contact,) = world.dynamics.rows["contact"].values()
    assert contact["lastname"] == "Unknown"
    world.marketo.edit(person, lastName="Ek")
    for _ in range(2):
        world.cycle()
    assert contact["lastname"] == "Ek"
    assert world.marketo.people[person]["lastName"] == "Ek"


def test_a_plan_that_is_refused_leaves_nothing_staged(world: World) -> None:
    rows = [world.linked()[1] for _ in range(3)]
    for row in rows:
        world.dynamics.delete("lead", row)
    staged = world.staging.cycles()
    with pytest.raises(MassDeleteError):
        world.plan()
    assert world.staging.cycles() == staged
