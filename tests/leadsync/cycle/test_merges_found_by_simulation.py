"""Regression tests of merged, qualified and closed rows that schedules once led astray."""

from __future__ import annotations

import pytest

from leadsync.errors import TransientApiError
from leadsync.model import Json
from support.interrupted import altered, cycle_with_lost_create, loses_answers
from support.world import World, world

__all__ = ["world"]


def with_policy(world: World, **policies: str) -> World:
    world.mapping = {**world.mapping, "policies": policies}
    return world


def stamps(world: World) -> list[str | None]:
    return [person["leadsyncDynamicsId"] for person in world.marketo.people.values()]


def test_a_lead_that_is_qualified_after_it_was_read_makes_no_second_person(world: World) -> None:
    lead = world.dynamics.add("lead", lastname="Ek", jobtitle="CTO")
    values = {"lastname": "Ek", "_originatingleadid_value": lead}
    contact = world.dynamics.add("contact", **values)
    world.cycle()
    world.dynamics.edit("lead", lead, statecode=1)
    world.cycle()
    assert stamps(world) == [contact]


def test_a_person_whose_making_was_not_confirmed_is_not_forgotten_when_its_row_is_merged(
    world: World,
) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    loser = world.dynamics.add("contact", lastname="Ek", jobtitle="CTO")
    winner = world.dynamics.add("contact", lastname="Al")
    cycle_with_lost_create(world)
    world.dynamics.merge("contact", winner, loser)
    for _ in range(2):
        world.cycle()
    assert sorted(map(str, stamps(world))) == sorted([str(winner), "None"])
    assert world.person_of(winner)["lastName"] == "Al"


def test_what_made_a_person_stays_its_base_when_its_row_is_merged(world: World) -> None:
    winner = world.dynamics.add("contact", lastname="Ek", jobtitle="CTO", new_synctomkto=False)
    loser = world.dynamics.add("contact", lastname="Ek", jobtitle="CTO")
    cycle_with_lost_create(world)
    world.marketo.edit(int(world.person_of(loser)["id"]), title="CIO")
    world.dynamics.edit("contact", winner, new_synctomkto=True)
    world.dynamics.merge("contact", winner, loser)
    for _ in range(2):
        world.cycle()
    assert world.person_of(winner)["title"] == "CIO"
    assert world.dynamics.rows["contact"][winner]["jobtitle"] == "CIO"


@pytest.mark.parametrize("policy", ["report", "unlink"])
def test_a_person_that_a_merge_left_can_get_another_row_in_the_same_cycle(
    world: World, policy: str
) -> None:
    with_policy(world, on_dynamics_merge=policy)
    person, loser = world.linked("contact", emailaddress1="a@x.com")
    _, winner = world.linked("contact")
    other = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.dynamics.merge("contact", winner, loser)
    for _ in range(2):
        world.cycle()
    assert world.person_of(other)["id"] == person
    assert [link["dynamics_id"] for link in world.store.live_links("lead")] == [other]


def test_what_is_held_of_a_person_ends_when_its_row_is_merged(world: World) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    person, loser = world.linked()
    _, winner = world.linked()
    world.marketo.edit(person, firstName="x" * 60)
    world.cycle()
    assert [item["marketo_id"] for item in world.quarantined()] == [person]
    world.dynamics.merge("lead", winner, loser)
    world.cycle()
    assert world.quarantined() == []


def test_letting_a_person_go_is_tried_again_when_the_refusal_is_released(world: World) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    person, loser = world.linked()
    _, winner = world.linked()
    world.dynamics.merge("lead", winner, loser)
    world.marketo.refuse = lambda record: True
    world.cycle()
    world.marketo.refuse = lambda record: False
    world.release_all()
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["leadsyncDynamicsId"] is None
    assert world.quarantined() == []


def test_closing_a_row_is_tried_again_when_the_refusal_is_released(world: World) -> None:
    with_policy(world, on_marketo_delete="deactivate")
    person, row = world.linked()
    world.marketo.delete(person)
    world.dynamics.refuse = lambda write: True
    world.cycle()
    assert [item["operation"] for item in world.quarantined()] == ["deactivate"]
    world.dynamics.refuse = lambda write: False
    world.release_all()
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][row]["statecode"] == 2
    assert world.quarantined() == []
    assert world.marketo.people == {}


def test_a_row_that_changes_twice_before_it_is_closed_is_closed_in_the_end(world: World) -> None:
    with_policy(world, on_marketo_delete="deactivate")
    person, row = world.linked()
    world.marketo.delete(person)
    for phone in ("1", "2"):
        world.dynamics.before_write.append(("lead", row, {"telephone1": phone}))
        world.cycle()
    world.cycle()
    assert world.dynamics.rows["lead"][row]["statecode"] == 2
    assert world.store.deferred() == []


def merged_into_new_scope(world: World, loser: str) -> str:
    """Merge a contact into one that just came into scope, while Marketo refuses its stamp."""
    winner = world.dynamics.add("contact", lastname="Al", new_synctomkto=False)
    world.cycle()
    world.dynamics.edit("contact", winner, new_synctomkto=True)
    world.dynamics.merge("contact", winner, loser)
    world.marketo.refuse = lambda record: True
    world.cycle()
    world.marketo.refuse = lambda record: False
    return winner


def test_a_person_follows_to_the_winner_though_the_first_try_was_refused(world: World) -> None:
    person, loser = world.linked("contact")
    winner = merged_into_new_scope(world, loser)
    world.release_all()
    for _ in range(2):
        world.cycle()
    assert world.person_of(winner)["id"] == person
    assert [link["dynamics_id"] for link in world.store.live_links("contact")] == [winner]


def test_a_closed_row_is_not_told_of_a_stop_before_it_is_open_again(world: World) -> None:
    world.linked(emailaddress1="a@x.com", donotbulkemail=True)
    row = world.dynamics.add("contact", lastname="Bo", emailaddress1="A@X.com")
    world.dynamics.deactivate("contact", row)
    world.marketo.people[next(iter(world.marketo.people))]["email"] = "other@x.com"
    world.cycle()
    assert world.person_of(row)["unsubscribed"] is True
    assert world.dynamics.writes == []
    world.dynamics.reopen("contact", row)
    world.cycle()
    assert world.dynamics.rows["contact"][row]["donotbulkemail"] is True


def only_to_marketo(world: World, name: str) -> Json:
    fields = [
        {**entry, "direction": "to_marketo"} if entry["marketo"] == name else entry
        for entry in world.mapping["fields"]
    ]
    return {**world.mapping, "fields": fields}


def test_an_empty_column_of_a_row_made_from_a_person_clears_nothing_in_marketo(
    world: World,
) -> None:
    world.mapping = only_to_marketo(world, "phone")
    person = world.marketo.add(lastName="Ek", email="a@x.com", phone="+46 8 1")
    world.sync_person(person)
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["phone"] == "+46 8 1"
    (row,) = world.dynamics.rows["lead"]
    world.dynamics.edit("lead", row, telephone1="+46 8 2")
    world.cycle()
    assert world.marketo.people[person]["phone"] == "+46 8 2"


def test_what_made_a_row_is_its_base_though_the_row_is_closed_before_the_answer(
    world: World,
) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com", title="CTO")
    lost = altered(world.dynamics, "write_rows", loses_answers)
    with pytest.raises(TransientApiError), lost:
        world.sync_person(person, sync_as="contact")
    (row,) = world.dynamics.rows["contact"]
    world.dynamics.deactivate("contact", row)
    world.marketo.edit(person, title="CIO")
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["title"] == "CIO"
    world.dynamics.reopen("contact", row)
    world.cycle()
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CIO"


def test_a_persons_change_goes_to_the_contact_though_marketo_refused_the_conversion(
    world: World,
) -> None:
    person, lead = world.linked()
    contact = world.dynamics.qualify(lead)
    world.marketo.refuse = lambda record: True
    world.cycle()
    world.marketo.refuse = lambda record: False
    world.marketo.edit(person, lastName="Bo")
    for _ in range(2):
        world.cycle()
    world.release_all()
    world.cycle()
    assert world.dynamics.rows["contact"][contact]["lastname"] == "Bo"
    assert world.dynamics.rows["lead"][lead]["lastname"] == "Ek"


def test_a_change_waits_when_a_backfill_meets_a_lead_that_was_just_qualified(world: World) -> None:
    """S094: only the read of the lead tells; the feed has not yet."""
    person, lead = world.linked(jobtitle="CTO")
    start = world.clock.now()
    world.clock.advance(60)
    world.marketo.edit(person, title="CIO")
    world.clock.advance(5)
    end = world.clock.now()
    world.clock.advance(5)
    world.dynamics.edit("lead", lead, statecode=1)
    values = {"lastname": "Ek", "jobtitle": "CTO", "_originatingleadid_value": lead}
    contact = world.dynamics.add("contact", **values)
    world.cycle(kind="backfill", window_from=start, window_to=end)
    assert world.dynamics.rows["lead"][lead]["jobtitle"] == "CTO"
    world.cycle()
    assert world.dynamics.rows["contact"][contact]["jobtitle"] == "CIO"


def test_a_stop_by_a_shared_address_brings_the_stamp_that_was_refused(world: World) -> None:
    _, loser = world.linked("contact", emailaddress1="a@x.com")
    winner = merged_into_new_scope(world, loser)
    world.dynamics.add("contact", lastname="Bo", emailaddress1="a@x.com", donotbulkemail=True)
    world.cycle()
    assert world.person_of(winner)["unsubscribed"] is True
    created = world.dynamics.rows["contact"][winner]["createdon"]
    assert world.person_of(winner)["leadsyncDynamicsCreatedAt"] == created


def test_a_stamp_that_was_refused_reaches_the_person_of_a_row_that_was_closed(
    world: World,
) -> None:
    person, lead = world.linked()
    contact = world.dynamics.qualify(lead)
    world.dynamics.deactivate("contact", contact)
    world.marketo.refuse = lambda record: True
    world.cycle()
    world.marketo.refuse = lambda record: False
    world.release_all()
    world.cycle()
    assert world.person_of(contact)["id"] == person
    assert world.person_of(contact)["leadsyncDynamicsType"] == "Contact"


def test_a_person_that_found_another_row_is_not_let_go_by_a_released_refusal(
    world: World,
) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    person, loser = world.linked("contact", emailaddress1="a@x.com")
    _, winner = world.linked("contact")
    lead = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.dynamics.merge("contact", winner, loser)
    world.marketo.refuse = lambda record: record.get("leadsyncDynamicsId", "") is None
    world.cycle()
    world.marketo.refuse = lambda record: False
    world.release_all()
    for _ in range(2):
        world.cycle()
    assert world.person_of(lead)["id"] == person
    assert world.quarantined() == []


@pytest.mark.parametrize("policy", ["report", "unlink"])
def test_a_qualified_lead_brings_its_person_to_a_contact_that_is_merged_at_once(
    world: World, policy: str
) -> None:
    with_policy(world, on_dynamics_merge=policy)
    _, loser = world.linked("contact")
    person, lead = world.linked()
    world.dynamics.edit("lead", lead, statecode=1)
    contact = world.dynamics.add("contact", lastname="Ek", _originatingleadid_value=lead)
    world.dynamics.merge("contact", contact, loser)
    for _ in range(2):
        world.cycle()
    assert world.person_of(contact)["id"] == person


def test_the_row_that_was_merged_last_brings_its_person_though_another_was_merged_into_it(
    world: World,
) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    first = world.dynamics.add("lead", lastname="Al")
    second = world.dynamics.add("lead", lastname="Bo")
    world.cycle()
    person = world.person_of(second)["id"]
    third = world.dynamics.add("lead", lastname="Ek")
    world.dynamics.merge("lead", second, first)
    world.dynamics.merge("lead", third, second)
    for _ in range(2):
        world.cycle()
    assert world.person_of(third)["id"] == person
    assert sorted(map(str, stamps(world))) == sorted([str(third), "None"])


def test_letting_go_the_person_of_an_excluded_row_that_was_merged_is_counted(world: World) -> None:
    with_policy(world, on_dynamics_merge="unlink")
    loser = world.dynamics.add("contact", lastname="Al")
    winner = world.dynamics.add("contact", lastname="Ek")
    world.cycle()
    world.dynamics.edit("contact", loser, new_synctomkto=False)
    world.cycle()
    world.dynamics.merge("contact", winner, loser)
    counts = world.cycle()["counts"]["to_marketo"]["contact"]
    assert (world.writes, counts["applied"], counts["out_of_scope"]) == (1, 1, 0)
    assert sorted(map(str, stamps(world))) == sorted([str(winner), "None"])
