"""Merges and qualifications in Dynamics over both systems in memory (S092 to S099)."""

from __future__ import annotations

from typing import Any

import pytest

from support.world import World, world

__all__ = ["world"]


def with_policy(world: World, **policies: Any) -> World:
    world.mapping = {**world.mapping, "policies": policies}
    return world


def links(world: World) -> dict[str, int]:
    """Return persons by the row that each has."""
    return {
        link["dynamics_id"]: link["marketo_id"]
        for link in (*world.store.live_links("lead"), *world.store.live_links("contact"))
    }


@pytest.mark.parametrize("touched", [False, True])
def test_the_person_follows_to_a_winner_without_one(world: World, touched: bool) -> None:
    person, loser = world.linked(jobtitle="CTO")
    winner = world.dynamics.add("lead", lastname="Ny", new_synctomkto=False)
    world.cycle()
    world.dynamics.edit("lead", winner, new_synctomkto=True)
    if not touched:
        world.dynamics.hidden.add(winner)
        world.cycle()
        world.dynamics.hidden.clear()
    world.dynamics.merge("lead", winner, loser)
    for _ in range(2):
        world.cycle()
    assert links(world) == {winner: person}
    assert world.person_of(winner)["lastName"] == "Ny"
    assert len(world.marketo.people) == 1
    world.cycle()
    assert world.writes == 0


def test_the_persons_of_merged_rows_are_reported_once(world: World) -> None:
    first, winner = world.linked("contact")
    second, loser = world.linked("contact")
    world.dynamics.merge("contact", winner, loser)
    for _ in range(2):
        world.cycle()
    world.marketo.edit(second, title="CTO")
    world.dynamics.edit("contact", loser, jobtitle="CIO")
    for _ in range(2):
        world.cycle()
    assert links(world) == {winner: first}
    [item] = world.quarantined()
    failure = item["failures"][0]
    assert (failure["rule"], item["dynamics_id"], item["marketo_id"]) == (
        "merged_in_dynamics",
        loser,
        second,
    )
    for named in (winner, loser, str(first), str(second)):
        assert named in failure["message"]


@pytest.mark.parametrize("act", ["merge", "delete"])
def test_a_report_ends_when_somebody_sees_to_the_person(world: World, act: str) -> None:
    first, winner = world.linked()
    second, loser = world.linked()
    world.dynamics.merge("lead", winner, loser)
    world.cycle()
    if act == "merge":
        world.marketo.merge(first, [second])
    else:
        world.marketo.delete(second)
    world.cycle()
    assert world.quarantined() == []
    assert links(world) == {winner: first}


def test_persons_are_merged_by_policy_and_empty_values_are_filled(world: World) -> None:
    with_policy(world, on_dynamics_merge="merge")
    first, winner = world.linked(jobtitle="CTO")
    second, loser = world.linked(jobtitle="CIO", address1_city="Lund")
    world.dynamics.merge("lead", winner, loser)
    for _ in range(3):
        world.cycle()
    assert list(world.marketo.people) == [first]
    assert second not in world.marketo.people
    assert (world.marketo.people[first]["title"], world.marketo.people[first]["city"]) == (
        "CTO",
        "Lund",
    )
    assert world.dynamics.rows["lead"][winner]["address1_city"] == "Lund"
    assert links(world) == {winner: first}
    assert world.quarantined() == []
    assert world.writes == 0


def test_a_winner_without_a_person_is_filled_by_policy(world: World) -> None:
    with_policy(world, on_dynamics_merge="merge")
    person, loser = world.linked("contact", jobtitle="CIO", address1_city="Lund")
    winner = world.dynamics.add("contact", lastname="Ny", jobtitle="CTO")
    world.dynamics.merge("contact", winner, loser)
    for _ in range(2):
        world.cycle()
    row = world.dynamics.rows["contact"][winner]
    assert (row["jobtitle"], row["address1_city"]) == ("CTO", "Lund")
    assert links(world) == {winner: person}
    assert world.marketo.people[person]["title"] == "CTO"


def test_persons_are_parted_by_policy(world: World) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    first, winner = world.linked()
    second, loser = world.linked()
    world.dynamics.merge("lead", winner, loser)
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[second]["leadsyncDynamicsId"] is None
    assert world.marketo.people[second]["leadsyncDynamicsType"] is None
    assert links(world) == {winner: first}
    assert world.quarantined() == []
    world.cycle()
    assert world.writes == 0


@pytest.mark.parametrize("linked", [False, True])
def test_nothing_more_happens_to_a_winner_that_the_filter_keeps_out(
    world: World, linked: bool
) -> None:
    person, loser = world.linked()
    if linked:
        _, winner = world.linked()
        world.dynamics.edit("lead", winner, new_synctomkto=False)
    else:
        winner = world.dynamics.add("lead", lastname="Ny", new_synctomkto=False)
    world.dynamics.merge("lead", winner, loser, jobtitle="CTO")
    world.cycle()
    assert world.writes == 0
    world.marketo.edit(person, city="Lund")
    world.dynamics.edit("lead", winner, jobtitle="CIO")
    world.cycle()
    assert world.writes == 0
    assert world.quarantined() == []


def test_a_winner_that_comes_into_scope_goes_on_with_the_losers_person(world: World) -> None:
    person, loser = world.linked()
    winner = world.dynamics.add("lead", lastname="Ny", new_synctomkto=False)
    world.dynamics.merge("lead", winner, loser)
    world.cycle()
    world.dynamics.edit("lead", winner, new_synctomkto=True)
    world.cycle()
    assert links(world) == {winner: person}
    assert world.marketo.people[person]["lastName"] == "Ny"


def test_in_a_chain_of_merges_the_person_follows_to_the_last_row(world: World) -> None:
    person, first = world.linked()
    second = world.dynamics.add("lead", lastname="Ny", new_synctomkto=False)
    third = world.dynamics.add("lead", lastname="Ek", new_synctomkto=False)
    world.dynamics.merge("lead", second, first)
    world.dynamics.merge("lead", third, second)
    world.dynamics.edit("lead", third, new_synctomkto=True)
    world.cycle()
    assert links(world) == {third: person}


@pytest.mark.parametrize("policy", ["report", "merge", "unlink"])
def test_a_lead_qualified_into_a_contact_with_a_person_leaves_one_person_for_it(
    world: World, policy: str
) -> None:
    with_policy(world, on_dynamics_merge=policy)
    first, contact = world.linked("contact")
    second, lead = world.linked("lead")
    world.dynamics.qualify(lead, contact)
    for _ in range(3):
        world.cycle()
    assert links(world) == {contact: first}
    assert (second in world.marketo.people) == (policy != "merge")
    assert [item["failures"][0]["rule"] for item in world.quarantined()] == (
        ["merged_in_dynamics"] if policy == "report" else []
    )


def test_a_lead_qualified_into_a_contact_without_a_person_brings_its_own(world: World) -> None:
    contact = world.dynamics.add("contact", lastname="Ek", new_synctomkto=False)
    world.cycle()
    world.dynamics.rows["contact"][contact]["new_synctomkto"] = None
    person, lead = world.linked("lead")
    world.dynamics.qualify(lead, contact)
    world.cycle()
    assert links(world) == {contact: person}
    assert world.marketo.people[person]["leadsyncDynamicsType"] == "Contact"


def test_a_lead_qualified_just_before_it_is_written_goes_on_as_a_contact(world: World) -> None:
    person, lead = world.linked("lead")
    world.marketo.edit(person, city="Lund")
    write_rows = world.dynamics.write_rows

    def qualified_before(writes: Any) -> Any:
        world.dynamics.write_rows = write_rows  # type: ignore[method-assign]
        world.dynamics.qualify(lead)
        return write_rows(writes)

    world.dynamics.write_rows = qualified_before  # type: ignore[method-assign]
    report = world.cycle()
    assert report["counts"]["to_dynamics"]["lead"]["deferred"] == 1
    assert world.dynamics.rows["lead"][lead]["address1_city"] is None
    world.cycle()
    [contact] = links(world)
    assert world.dynamics.rows["contact"][contact]["address1_city"] == "Lund"
    assert links(world) == {contact: person}
