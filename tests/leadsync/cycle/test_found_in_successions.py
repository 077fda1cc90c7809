"""Regression tests of merges and conversions that went wrong in the simulation."""

from __future__ import annotations

from support.world import World, world

__all__ = ["world"]


def test_the_person_of_a_lead_merged_into_one_that_became_a_contact_is_left_over_at_once(
    world: World,
) -> None:
    person, lead = world.linked(emailaddress1="a@x.com")
    other, loser = world.linked(emailaddress1="b@x.com")
    world.dynamics.merge("lead", lead, loser)
    world.dynamics.edit("lead", lead, statecode=1)
    contact = world.dynamics.add(
        "contact", lastname="Ek", emailaddress1="a@x.com", _originatingleadid_value=lead
    )
    world.cycle()
    assert world.person_of(contact)["id"] == person
    (item,) = world.quarantined()
    assert (item["operation"], item["marketo_id"], item["dynamics_id"]) == ("review", other, loser)
    assert [link["marketo_id"] for link in world.store.live_links("contact")] == [person]
    assert not list(world.store.live_links("lead"))


def test_a_merge_is_followed_through_a_row_that_has_no_person(world: World) -> None:
    person, winner = world.linked(emailaddress1="a@x.com")
    other, loser = world.linked()
    between = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.cycle()
    world.dynamics.merge("lead", between, loser)
    world.dynamics.merge("lead", winner, between)
    world.cycle()
    (item,) = [item for item in world.quarantined() if item["status"] == "open"]
    assert (item["operation"], item["marketo_id"], item["dynamics_id"]) == ("review", other, loser)
    (link,) = world.store.live_links("lead")
    assert (link["marketo_id"], link["dynamics_id"]) == (person, winner)


def test_what_a_contact_got_is_agreed_on_though_marketo_refused_to_move_its_person(
    world: World,
) -> None:
    person, lead = world.linked()
    contact = world.dynamics.qualify(lead)
    world.marketo.edit(person, email="b@x.com")
    world.marketo.refuse = lambda record: True
    world.cycle()
    assert world.dynamics.rows["contact"][contact]["emailaddress1"] == "b@x.com"
    world.marketo.refuse = lambda record: False
    world.marketo.edit(person, email=None)
    world.release_all()
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["email"] is None
    assert world.dynamics.rows["contact"][contact]["emailaddress1"] is None
