"""What becomes of quarantined rows that people have decided about."""

from __future__ import annotations

from leadsync.review.decide import decide_items
from support.world import World, world

__all__ = ["world"]


def refused(world: World) -> tuple[int, str, str]:
    """A person whose change Dynamics has refused: both ids, and the item's."""
    person, row = world.linked()
    world.dynamics.refuse = lambda _write: True
    world.marketo.edit(person, title="CIO")
    world.cycle()
    world.dynamics.refuse = lambda _write: False
    (item,) = world.quarantined()
    return person, row, item["id"]


def title(world: World, row: str) -> object:
    return world.dynamics.rows["lead"][row]["jobtitle"]


def test_a_released_row_is_tried_again(world: World) -> None:
    _, row, item = refused(world)
    world.cycle()
    assert title(world, row) is None
    decide_items(world.store, world.clock, [item], "released", "test")
    world.cycle()
    assert title(world, row) == "CIO"
    assert world.store.quarantine(ids=[item])[0]["status"] == "recovered"


def test_a_discarded_row_waits_for_its_next_change(world: World) -> None:
    person, row, item = refused(world)
    decide_items(world.store, world.clock, [item], "discarded", "test")
    world.cycle()
    assert title(world, row) is None
    world.marketo.edit(person, title="CTO")
    world.cycle()
    assert title(world, row) == "CTO"
    assert world.quarantined() == []
