"""Rows closed because their persons were deleted in Marketo (S078)."""

from __future__ import annotations

import pytest

from leadsync.cycle.gather.closing_rows import DeactivateLimitError
from support.world import World, world

__all__ = ["world"]


def deactivating(world: World, limit: int = 50) -> World:
    policies = {"on_marketo_delete": "deactivate", "deactivate_limit": limit}
    world.mapping = {**world.mapping, "policies": policies}
    return world


@pytest.mark.parametrize(("table", "closed"), [("lead", 2), ("contact", 1)])
def test_the_row_of_a_deleted_person_is_closed_and_makes_no_new_person(
    world: World, table: str, closed: int
) -> None:
    person, row = deactivating(world).linked(table)
    world.marketo.delete(person)
    world.dynamics.edit(table, row, jobtitle="CIO")
    for _ in range(3):
        world.cycle()
    assert world.dynamics.rows[table][row]["statecode"] == closed
    assert world.marketo.people == {}
    assert world.writes == 0


def test_a_row_that_somebody_opens_again_becomes_a_new_person(world: World) -> None:
    person, row = deactivating(world).linked()
    world.marketo.delete(person)
    for _ in range(2):
        world.cycle()
    world.dynamics.reopen("lead", row)
    world.cycle()
    assert world.person_of(row)["id"] != person


def test_a_row_that_changes_just_before_is_closed_by_the_next_cycle(world: World) -> None:
    person, row = deactivating(world).linked()
    world.marketo.delete(person)
    world.dynamics.before_write.append(("lead", row, {"telephone1": "1"}))
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][row]["statecode"] == 2
    assert world.marketo.people == {}
    assert world.store.deferred() == []


def test_a_row_that_is_closed_already_is_not_written_to(world: World) -> None:
    person, row = deactivating(world).linked()
    world.dynamics.deactivate("lead", row)
    world.cycle()
    world.marketo.delete(person)
    world.cycle()
    assert world.dynamics.writes == []


def test_more_deactivations_than_the_limit_stop_the_cycle_before_the_first(world: World) -> None:
    deactivating(world, limit=1)
    pairs = [world.linked() for _ in range(2)]
    for person, _ in pairs:
        world.marketo.delete(person)
    for _ in range(2):
        with pytest.raises(DeactivateLimitError, match=r"2 records .* allows 1"):
            world.cycle()
    assert [world.dynamics.rows["lead"][row]["statecode"] for _, row in pairs] == [0, 0]
    deactivating(world, limit=2)
    world.cycle()
    assert [world.dynamics.rows["lead"][row]["statecode"] for _, row in pairs] == [2, 2]
