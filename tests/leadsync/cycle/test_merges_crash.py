"""Merges in a cycle that dies before its commit are followed by the next one, once."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import TransientApiError
from leadsync.state.port import StateChanges
from support.world import World, world

__all__ = ["world"]


def cycle_without_commit(world: World) -> None:
    """Run a cycle that writes everything and dies when it stores its end."""
    apply = world.store.apply

    def refuse_the_end(changes: StateChanges, **lease: Any) -> None:
        if changes.cycle is not None and changes.cycle.status == "done":
            raise TransientApiError("died", system="simulated", call="commit")
        apply(changes, **lease)

    world.store.apply = refuse_the_end  # type: ignore[method-assign]
    with pytest.raises(TransientApiError):
        world.cycle()
    world.store.apply = apply  # type: ignore[method-assign]
    world.clock.advance(3600)


@pytest.mark.parametrize("policy", ["report", "deactivate", "merge", "unlink"])
@pytest.mark.parametrize("tables", [("lead", "lead"), ("lead", "contact")])
def test_a_merge_of_persons(world: World, policy: str, tables: tuple[str, str]) -> None:
    world.mapping = {**world.mapping, "policies": {"on_marketo_merge": policy}}
    winner, first = world.linked(tables[0])
    loser, second = world.linked(tables[1], address1_city="Lund")
    world.marketo.merge(winner, [loser])
    cycle_without_commit(world)
    for _ in range(3):
        world.cycle()
    kept, left = (first, second) if tables[0] == tables[1] else (second, first)
    live = [*world.store.live_links("lead"), *world.store.live_links("contact")]
    assert [(link["marketo_id"], link["dynamics_id"]) for link in live] == [(winner, kept)]
    reported = policy == "report" or (policy == "merge" and tables[0] != tables[1])
    assert [item["dynamics_id"] for item in world.quarantined()] == [left] * reported
    if policy == "deactivate":
        assert world.dynamics.rows[tables[0]][left]["statecode"] != 0
    assert world.writes == 0


@pytest.mark.parametrize("policy", ["report", "merge", "unlink"])
def test_a_merge_of_rows(world: World, policy: str) -> None:
    world.mapping = {**world.mapping, "policies": {"on_dynamics_merge": policy}}
    first, winner = world.linked()
    second, loser = world.linked(address1_city="Lund")
    world.dynamics.merge("lead", winner, loser)
    cycle_without_commit(world)
    for _ in range(3):
        world.cycle()
    live = list(world.store.live_links("lead"))
    assert [(link["marketo_id"], link["dynamics_id"]) for link in live] == [(first, winner)]
    assert len(world.quarantined()) == (policy == "report")
    assert (second in world.marketo.people) == (policy != "merge")
    assert world.writes == 0


def test_a_merge_of_persons_whose_answer_was_lost_is_no_failure(world: World) -> None:
    world.mapping = {**world.mapping, "policies": {"on_dynamics_merge": "merge"}}
    first, winner = world.linked()
    _, loser = world.linked(address1_city="Lund")
    world.dynamics.merge("lead", winner, loser)
    merge_persons = world.marketo.merge_persons

    def loses_its_answer(*ids: Any, **named: Any) -> None:
        merge_persons(*ids, **named)
        raise TransientApiError("lost", system="simulated", call="merge")

    world.marketo.merge_persons = loses_its_answer  # type: ignore[method-assign]
    with pytest.raises(TransientApiError):
        world.cycle()
    world.marketo.merge_persons = merge_persons  # type: ignore[method-assign]
    world.clock.advance(3600)
    for _ in range(3):
        world.cycle()
    assert list(world.marketo.people) == [first]
    assert world.marketo.people[first]["city"] == "Lund"
    assert world.quarantined() == []
