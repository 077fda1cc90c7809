"""What a Marketo feed has forgotten, or refuses to tell, is found by comparing all persons."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.decide.guards import MassDeleteError
from support.world import World, world

__all__ = ["world"]

DAY = 86_400.0
CHANGES, DELETES, MERGES = "marketo.lead_changes", "marketo.deleted_leads", "marketo.events"


def pause(world: World, days: float) -> None:
    """Nobody runs a cycle for so long; Marketo forgets what happened."""
    world.marketo.forget_activities()
    world.clock.advance(days * DAY)


def titles(world: World, pair: tuple[int, str]) -> tuple[Any, Any]:
    return world.marketo.people[pair[0]]["title"], world.dynamics.rows["lead"][pair[1]]["jobtitle"]


def test_after_two_weeks_the_missing_persons_were_deleted(world: World) -> None:
    gone, *kept = (world.linked() for _ in range(8))
    world.marketo.delete(gone[0])
    pause(world, 14)
    report = world.cycle()
    assert report["full_comparison"] == [DELETES]
    [link] = world.store.links_of_persons([gone[0]])
    assert link["status"] == "marketo_deleted"
    assert report["counts"]["to_dynamics"]["lead"]["extracted"] == 1
    assert len(list(world.store.live_links("lead"))) == len(kept)
    assert world.cycle()["full_comparison"] == []


def test_after_three_months_what_differs_from_the_base_has_changed(world: World) -> None:
    pairs = [world.linked(jobtitle="A") for _ in range(4)]
    world.marketo.edit(pairs[0][0], title="B")
    world.marketo.edit(pairs[1][0], title="B")
    world.dynamics.edit("lead", pairs[1][1], jobtitle="C")
    world.dynamics.edit("lead", pairs[2][1], jobtitle="C")
    pause(world, 90)
    report = world.cycle()
    assert report["full_comparison"] == [DELETES, CHANGES]
    assert [titles(world, pair) for pair in pairs] == [
        ("B", "B"),
        ("B", "B"),
        ("C", "C"),
        ("A", "A"),
    ]
    assert report["counts"]["to_dynamics"]["lead"]["extracted"] == 2
    world.cycle()
    assert world.writes == 0


def test_within_the_limits_nothing_is_compared(world: World) -> None:
    world.linked()
    world.clock.advance(12 * DAY)
    reads = world.marketo.reads
    assert world.cycle()["full_comparison"] == []
    assert world.marketo.reads == reads


def test_a_refused_token_starts_the_feed_anew(world: World) -> None:
    pair = world.linked(jobtitle="A")
    world.marketo.edit(pair[0], title="B")
    world.clock.advance(600)
    world.marketo.tokens_since = world.clock.now()
    world.marketo.forget_activities()
    world.clock.advance(600)
    report = world.cycle()
    assert report["full_comparison"] == [DELETES, MERGES, CHANGES]
    assert titles(world, pair) == ("B", "B")
    world.cycle()
    assert world.writes == 0


def test_another_marketo_stops_the_cycle_before_links_are_closed(world: World) -> None:
    pairs = [world.linked() for _ in range(6)]
    for person, _ in pairs[:3]:
        world.marketo.delete(person)
    pause(world, 14)
    with pytest.raises(MassDeleteError, match="right Marketo instance"):
        world.cycle()
    assert len(list(world.store.live_links("lead"))) == 6


def test_a_gap_on_both_sides_is_closed_in_one_cycle(world: World) -> None:
    pairs = [world.linked(jobtitle="A") for _ in range(6)]
    world.marketo.edit(pairs[0][0], title="B")
    world.dynamics.edit("lead", pairs[1][1], jobtitle="C")
    world.dynamics.expire_links()
    pause(world, 100)
    report = world.cycle()
    assert "dynamics.lead" in report["full_comparison"]
    assert (titles(world, pairs[0]), titles(world, pairs[1])) == (("B", "B"), ("C", "C"))


def test_edits_after_the_comparison_are_followed_again(world: World) -> None:
    pair = world.linked(jobtitle="A")
    pause(world, 100)
    world.cycle()
    world.marketo.edit(pair[0], title="B")
    assert world.cycle()["full_comparison"] == []
    assert titles(world, pair) == ("B", "B")
