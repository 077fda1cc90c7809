"""The life of quarantined rows from cycle to cycle, and the history that tells of it."""

from __future__ import annotations

import copy

from leadsync.review.decide import decide_items
from support.world import World, world

__all__ = ["world"]

TOO_LONG = "x" * 60


def held(world: World) -> tuple[int, str, str]:
    """A person whose change Dynamics would refuse: both ids, and the item's."""
    person, row = world.linked()
    world.marketo.edit(person, title=TOO_LONG)
    world.cycle()
    (item,) = world.quarantined()
    return person, row, item["id"]


def refused(world: World) -> tuple[int, str, str]:
    """A person whose change Dynamics has refused: both ids, and the item's."""
    person, row = world.linked()
    world.dynamics.refuse = lambda _write: True
    world.marketo.edit(person, title="CIO")
    world.cycle()
    world.dynamics.refuse = lambda _write: False
    (item,) = world.quarantined()
    return person, row, item["id"]


def release(world: World, item: str) -> None:
    decide_items(world.store, world.clock, [item], "released", "Åsa")


def status(world: World, item: str) -> str:
    return world.store.quarantine(ids=[item])[0]["status"]


def history(world: World, item: str) -> list[str]:
    return [event["kind"] for event in world.store.quarantine_events([item])]


def test_a_history_says_who_did_what_and_what_came_of_it(world: World) -> None:
    person, _, item = held(world)
    release(world, item)
    world.cycle()
    world.marketo.edit(person, title="CIO")
    world.cycle()
    events = world.store.quarantine_events([item])
    assert [event["kind"] for event in events] == [
        *("opened", "released", "failed_again", "recovered")
    ]
    assert [bool(event["cycle_id"]) for event in events] == [True, False, True, True]
    assert [event["actor"] for event in events] == [None, "Åsa", None, None]
    assert events[0]["detail"] == "jobtitle max_length"
    assert TOO_LONG not in str(events)
    assert world.store.quarantine(ids=[item])[0]["attempts"] == 2


def test_a_released_row_whose_write_has_to_wait_is_retried_until_it_ends(world: World) -> None:
    _, row, item = refused(world)
    release(world, item)
    world.dynamics.before_write.append(("lead", row, {"address1_city": "Lund"}))
    world.cycle()
    assert status(world, item) == "retried"
    assert len(world.store.deferred()) == 1
    world.cycle()
    assert status(world, item) == "recovered"
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CIO"
    assert history(world, item) == ["opened", "released", "retried", "recovered"]


def test_a_retried_row_that_fails_again_is_open(world: World) -> None:
    _, row, item = refused(world)
    release(world, item)
    world.dynamics.before_write.append(("lead", row, {"address1_city": "Lund"}))
    world.cycle()
    world.dynamics.refuse = lambda _write: True
    world.cycle()
    assert status(world, item) == "open"
    assert history(world, item)[-1] == "failed_again"


def test_s116_a_write_that_the_server_refused_is_not_counted_again(world: World) -> None:
    person, row, item = refused(world)
    world.marketo.edit(person, title="CIO")
    world.dynamics.edit("lead", row, address1_city="Lund")
    world.cycle()
    assert world.store.quarantine(ids=[item])[0]["attempts"] == 1
    assert history(world, item) == ["opened"]


def test_a_new_mapping_tries_what_is_held(world: World) -> None:
    _, row, item = held(world)
    world.mapping = copy.deepcopy(world.mapping)
    world.mapping["fields"][3]["on_invalid"] = "truncate"
    world.cycle()
    assert status(world, item) == "recovered"
    assert world.dynamics.rows["lead"][row]["jobtitle"] == TOO_LONG[:50]


def test_a_row_that_was_deleted_is_superseded_and_not_recovered(world: World) -> None:
    _, row = world.linked()
    world.dynamics.edit("lead", row, emailaddress1="not an address")
    world.cycle()
    (item,) = world.quarantined()
    world.dynamics.delete("lead", row)
    world.cycle()
    assert status(world, item["id"]) == "superseded"
    assert history(world, item["id"]) == ["opened", "superseded"]


def test_a_row_that_leaves_the_scope_is_superseded_with_the_reason(world: World) -> None:
    _, row, item = held(world)
    world.dynamics.edit("lead", row, new_synctomkto=False)
    release(world, item)
    world.cycle()
    assert status(world, item) == "superseded"
    assert world.store.quarantine_events([item])[-1]["detail"] == "the sync filter says No"


def test_a_discarded_row_that_fails_anew_is_a_new_item(world: World) -> None:
    person, _, item = held(world)
    decide_items(world.store, world.clock, [item], "discarded", "Åsa")
    world.cycle()
    assert world.quarantined() == []
    world.marketo.edit(person, title=TOO_LONG + "y")
    world.cycle()
    (again,) = world.quarantined()
    assert again["id"] != item
    assert status(world, item) == "discarded"
