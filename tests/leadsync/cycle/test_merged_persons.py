"""Merges in Marketo over both systems in memory (semantics.md 5, S100, S101)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.model import Json
from support.world import World, world

__all__ = ["world"]


def with_policy(world: World, **policies: Any) -> World:
    world.mapping = {**world.mapping, "policies": policies}
    return world


def links(world: World) -> dict[str, int]:
    """Return persons by the row that each has."""
    return {
        link["dynamics_id"]: link["marketo_id"]
        for table in ("lead", "contact")
        for link in world.store.live_links(table)
    }


def reported(world: World) -> list[tuple[str, str, int | None]]:
    return [
        (item["failures"][0]["rule"], item["dynamics_id"], item["marketo_id"])
        for item in world.quarantined()
    ]


def test_the_row_of_a_merged_person_is_reported_once_and_never_linked_again(world: World) -> None:
    winner, kept = world.linked()
    loser, left = world.linked()
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    email = world.marketo.people[winner]["email"]
    world.dynamics.edit("lead", left, emailaddress1=email, jobtitle="CTO")
    for _ in range(2):
        world.cycle()
    assert links(world) == {kept: winner}
    assert reported(world) == [("merged_in_marketo", left, winner)]
    [item] = world.quarantined()
    assert {kept, left} <= set(item["failures"][0]["message"].replace(";", "").split())
    assert list(world.marketo.people) == [winner]


@pytest.mark.parametrize("logs_delete", [False, True])
@pytest.mark.parametrize("lag", [0, 200])
def test_a_survivor_without_a_link_inherits_it(world: World, logs_delete: bool, lag: float) -> None:
    loser, row = world.linked(jobtitle="CTO", address1_city="Lund")
    survivor = world.marketo.add(email="other@example.com", lastName="Ek", title="CIO")
    world.cycle()
    world.marketo.merge_logs_delete = logs_delete
    world.marketo.lag = lambda: lag
    world.marketo.merge(survivor, [loser])
    world.marketo.lag = lambda: 0
    world.dynamics.edit("lead", row, telephone1="+46 8 1")
    for _ in range(6):
        world.cycle()
    assert links(world) == {row: survivor}
    assert list(world.marketo.people) == [survivor]
    person = world.marketo.people[survivor]
    assert (person["leadsyncDynamicsId"], person["phone"]) == (row, "+46 8 1")
    assert (person["title"], person["city"]) == ("CIO", "Lund")
    merged = world.dynamics.rows["lead"][row]
    assert (merged["jobtitle"], merged["emailaddress1"]) == ("CIO", "other@example.com")
    assert world.quarantined() == []
    assert world.store.deferred() == []
    world.cycle()
    assert world.writes == 0


def test_a_merge_that_carried_our_fields_over_writes_nothing_to_marketo(world: World) -> None:
    loser, row = world.linked()
    survivor = world.marketo.add()
    world.marketo.merge(survivor, [loser])
    world.cycle()
    assert links(world) == {row: survivor}
    assert world.marketo.writes == []


def test_a_contact_link_beats_the_survivors_lead_link(world: World) -> None:
    winner, lead = world.linked(jobtitle="CTO")
    loser, contact = world.linked("contact", address1_city="Lund")
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    assert links(world) == {contact: winner}
    person = world.marketo.people[winner]
    assert (person["leadsyncDynamicsId"], person["leadsyncDynamicsType"]) == (contact, "Contact")
    assert world.dynamics.rows["contact"][contact]["jobtitle"] == "CTO"
    assert reported(world) == [("merged_in_marketo", lead, winner)]


def test_in_a_chain_of_merges_the_last_survivor_gets_the_link(world: World) -> None:
    first, lost = world.linked()
    second, kept = world.linked()
    last = world.marketo.add(email="last@example.com", lastName="Ek")
    world.marketo.merge(second, [first])
    world.clock.advance(1)
    world.marketo.merge(last, [second])
    for _ in range(2):
        world.cycle()
    assert list(links(world).values()) == [last]
    assert len(reported(world)) == 1
    assert {*links(world), reported(world)[0][1]} == {kept, lost}


def test_a_survivor_that_is_deleted_leaves_the_rows_without_a_person(world: World) -> None:
    loser, _ = world.linked()
    survivor = world.marketo.add(email="other@example.com")
    world.cycle()
    world.marketo.merge(survivor, [loser])
    world.marketo.delete(survivor)
    world.cycle()
    assert links(world) == {}
    assert world.quarantined() == []


@pytest.mark.parametrize(("table", "closed"), [("lead", 2), ("contact", 1)])
def test_the_other_row_is_closed_by_policy(world: World, table: str, closed: int) -> None:
    with_policy(world, on_marketo_merge="deactivate")
    winner, kept = world.linked(table)
    loser, left = world.linked(table)
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows[table][left]["statecode"] == closed
    assert links(world) == {kept: winner}
    assert world.quarantined() == []


def test_a_row_that_changes_while_it_is_to_be_closed_is_closed_by_the_next_cycle(
    world: World,
) -> None:
    with_policy(world, on_marketo_merge="deactivate")
    winner, _ = world.linked()
    loser, left = world.linked()
    world.marketo.merge(winner, [loser])
    world.dynamics.before_write.append(("lead", left, {"telephone1": "1"}))
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][left]["statecode"] == 2
    assert world.store.deferred() == []


def test_the_other_row_is_merged_by_policy(world: World) -> None:
    with_policy(world, on_marketo_merge="merge")
    winner, kept = world.linked()
    loser, left = world.linked(address1_city="Lund")
    world.marketo.merge(winner, [loser])
    for _ in range(3):
        world.cycle()
    assert world.dynamics.rows["lead"][left]["_masterid_value"] == kept
    assert world.dynamics.rows["lead"][kept]["address1_city"] == "Lund"
    assert links(world) == {kept: winner}
    assert world.quarantined() == []
    assert world.writes == 0


def test_rows_of_two_tables_are_reported_instead_of_merged(world: World) -> None:
    with_policy(world, on_marketo_merge="merge")
    winner, _ = world.linked("contact")
    loser, lead = world.linked("lead")
    world.marketo.merge(winner, [loser])
    world.cycle()
    assert reported(world) == [("merged_in_marketo", lead, winner)]


def test_the_other_row_is_left_alone_by_policy(world: World) -> None:
    with_policy(world, on_marketo_merge="unlink")
    winner, kept = world.linked()
    loser, left = world.linked()
    world.marketo.merge(winner, [loser])
    world.cycle()
    world.dynamics.edit("lead", left, jobtitle="CTO")
    for _ in range(2):
        world.cycle()
        assert world.writes == 0
    assert links(world) == {kept: winner}
    assert world.quarantined() == []


@pytest.mark.parametrize("act", ["merge", "close", "delete"])
def test_a_report_ends_when_somebody_sees_to_the_row(world: World, act: str) -> None:
    winner, kept = world.linked()
    loser, left = world.linked()
    world.marketo.merge(winner, [loser])
    world.cycle()
    acts: dict[str, Json] = {
        "merge": {"winner": kept, "loser": left},
        "close": {"row_id": left},
        "delete": {"row_id": left},
    }
    name = {"close": "deactivate"}.get(act, act)
    getattr(world.dynamics, name)("lead", **acts[act])
    world.cycle()
    assert world.quarantined() == []
    assert links(world) == {kept: winner}
