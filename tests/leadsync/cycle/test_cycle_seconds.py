"""A cycle whose time is over leaves plain updates to the next one (S119)."""

from __future__ import annotations

from typing import Any

from leadsync.cycle.carried import POSTPONED
from support.world import World, world

__all__ = ["world"]


def slowly(world: World, seconds: float) -> None:
    """Let every writing call take so long."""
    for system, name in ((world.marketo, "sync_persons"), (world.dynamics, "write_rows")):
        write = getattr(type(system), name).__get__(system)

        def slow(*call: Any, write: Any = write) -> Any:
            world.clock.advance(seconds)
            return write(*call)

        setattr(system, name, slow)


def changed(world: World, number: int, side: str) -> list[tuple[int, str]]:
    """Pairs with a change on one side that no cycle has seen."""
    for one in range(number):
        world.dynamics.add("lead", lastname="Ek", emailaddress1=f"p{one}@x.com", jobtitle="A")
    world.cycle()
    world.cycle()
    pairs = [(int(p["id"]), str(p["leadsyncDynamicsId"])) for p in world.marketo.people.values()]
    for person, row in pairs:
        if side == "dynamics":
            world.dynamics.edit("lead", row, jobtitle="B")
        else:
            world.marketo.edit(person, title="B")
    world.marketo.batch_size = world.dynamics.batch_size = 2
    return pairs


def test_what_is_left_is_deferred_and_done_by_the_next_cycles_without_a_read(world: World) -> None:
    changed(world, 9, "dynamics")
    slowly(world, world.settings.cycle_seconds / 2 + 1)
    seen = []
    for _ in range(3):
        reads = world.marketo.reads
        report = world.cycle()
        counts = report["counts"]["to_marketo"]["lead"]
        seen.append((counts["updated"], counts["deferred"]))
        assert {row["reason"] for row in world.store.deferred()} <= {POSTPONED}
        assert world.marketo.reads == reads
    assert seen == [(4, 5), (4, 1), (1, 0)]
    assert {p["title"] for p in world.marketo.people.values()} == {"B"}
    world.cycle()
    assert world.writes == 0


def test_updates_to_dynamics_wait_too_and_new_rows_do_not(world: World) -> None:
    pairs = changed(world, 7, "marketo")
    stopped = pairs[-1][0]
    world.marketo.edit(stopped, unsubscribed=True)
    person = world.marketo.add(lastName="Ny", email="n@x.com")
    slowly(world, world.settings.cycle_seconds + 1)
    [answer] = world.sync_person(person)
    assert answer["outcome"] == "created"
    report = world.cycle()
    counts = report["counts"]["to_dynamics"]["lead"]
    assert counts["updated"] < 7
    assert counts["deferred"] == 7 - counts["updated"]
    row = next(row for one, row in pairs if one == stopped)
    assert world.dynamics.rows["lead"][row]["donotbulkemail"] is True


def test_a_clash_is_written_however_long_it_takes(world: World) -> None:
    """The next cycle would not know any more what the losing side had held."""
    pairs = changed(world, 6, "dynamics")
    for person, _ in pairs:
        world.marketo.edit(person, title="C")
    slowly(world, world.settings.cycle_seconds + 1)
    counts = world.cycle()["counts"]["to_dynamics"]["lead"]
    assert (counts["updated"], counts["deferred"], counts["collisions"]) == (6, 0, 6)
