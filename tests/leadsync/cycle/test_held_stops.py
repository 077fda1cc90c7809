"""Opt-outs that a server has refused, and what becomes of them when they are released."""

from __future__ import annotations

from leadsync.review.decide import decide_items
from support.world import World, world

__all__ = ["world"]


def test_a_refused_stop_of_a_person_without_a_row_goes_out_when_it_is_released(
    world: World,
) -> None:
    persons = [world.marketo.add(email="a@x.com"), world.marketo.add(email="a@x.com")]
    world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com", donotbulkemail=True)
    world.marketo.refuse = lambda record: record.get("id") == persons[0]
    world.cycle()
    (item,) = [item for item in world.quarantined() if item["operation"] == "opt_out"]
    world.marketo.refuse = lambda record: False
    world.cycle()
    assert world.writes == 0
    decide_items(world.store, world.clock, [item["id"]], "released", "test")
    world.cycle()
    assert world.marketo.people[persons[0]]["unsubscribed"] is True
    (ended,) = [i for i in world.store.quarantine(statuses=("recovered",)) if i["id"] == item["id"]]
    assert ended["record_key"] == item["record_key"]


def test_a_released_stop_is_let_go_when_the_address_may_be_mailed_again(world: World) -> None:
    persons = [world.marketo.add(email="a@x.com"), world.marketo.add(email="a@x.com")]
    world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com", donotbulkemail=True)
    world.marketo.refuse = lambda record: record.get("id") == persons[0]
    world.cycle()
    world.marketo.edit(persons[0], email="b@x.com")
    held = [item["id"] for item in world.quarantined() if item["operation"] == "opt_out"]
    decide_items(world.store, world.clock, held, "released", "test")
    world.cycle()
    assert world.marketo.people[persons[0]]["unsubscribed"] is False
    assert not world.store.quarantine(statuses=("released",))
