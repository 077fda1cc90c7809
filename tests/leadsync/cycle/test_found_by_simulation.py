"""Regression tests of whole cycles, each the smallest form of a schedule that once went wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.errors import TransientApiError
from leadsync.model import Json, MarketoField
from leadsync.state.port import StateChanges
from support.interrupted import RunInStages, altered, cycle_with_lost_create, loses_answers
from support.world import World, world

__all__ = ["world"]


def with_field(mapping: Json, name: str, **settings: Any) -> Json:
    """Return the mapping with other settings for one field."""
    changed = copy.deepcopy(mapping)
    next(entry for entry in changed["fields"] if entry["marketo"] == name).update(settings)
    return changed


def without_field(mapping: Json, name: str) -> Json:
    """Return the mapping without one field."""
    return {**mapping, "fields": [e for e in mapping["fields"] if e["marketo"] != name]}


def test_a_person_deleted_with_a_change_of_its_row_is_made_anew_at_once(world: World) -> None:
    person, row = world.linked()
    world.marketo.delete(person)
    world.dynamics.edit("lead", row, jobtitle="CIO")
    world.cycle()
    again = world.person_of(row)
    assert again["id"] != person
    assert again["title"] == "CIO"
    [link] = world.store.live_links("lead")
    assert link["marketo_id"] == again["id"]


def test_a_person_whose_row_is_deleted_can_get_another_row_in_the_same_cycle(world: World) -> None:
    person, row = world.linked(emailaddress1="a@x.com")
    world.dynamics.delete("lead", row)
    other = world.dynamics.add(
        "lead", lastname="Ek", emailaddress1="a@x.com", donotbulkemail=True, jobtitle="CIO"
    )
    for _ in range(2):
        world.cycle()
    assert world.person_of(other)["id"] == person
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is False


def test_a_first_cycle_that_is_a_backfill_fixes_where_the_feeds_begin(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    start = world.clock.now()
    world.clock.advance(10)
    world.backfill(start, world.clock.now())
    person = world.person_of(row)["id"]
    world.marketo.edit(person, title="CIO")
    world.clock.advance(3600)
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CIO"


def test_a_person_that_is_gone_without_a_report_is_not_waited_for_longer_than_one_may_take(
    world: World,
) -> None:
    person, row = world.linked()
    del world.marketo.people[person]
    world.dynamics.edit("lead", row, jobtitle="CIO")
    for _ in range(2):
        world.cycle()
    assert world.marketo.people == {}
    world.clock.advance(300)
    for _ in range(2):
        world.cycle()
    assert world.person_of(row)["title"] == "CIO"
    assert world.store.deferred() == []


def test_a_held_row_that_vanishes_unseen_is_no_longer_held(world: World) -> None:
    held = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com")
    for _ in range(2):
        world.marketo.add(email="a@x.com")
    world.cycle()
    assert len(world.quarantined()) == 2
    world.dynamics.delete("lead", held)
    world.dynamics.deleted["lead"].clear()
    world.dynamics.expire_links()
    world.cycle()
    assert [item["dynamics_table"] for item in world.quarantined()] == ["contact"]


def test_what_is_held_of_a_person_ends_when_its_row_is_deleted(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, firstName="x" * 60)
    world.cycle()
    world.dynamics.delete("lead", row)
    world.cycle()
    assert world.quarantined() == []


def test_a_field_mapped_again_is_compared_on_both_sides(world: World) -> None:
    person, row = world.linked(address1_city="Lund")
    mapped = world.mapping
    world.mapping = without_field(mapped, "city")
    world.cycle()
    world.marketo.edit(person, city="Umea")
    world.dynamics.edit("lead", row, address1_city="Kiruna")
    for _ in range(2):
        world.clock.advance(3600)
        world.cycle()
    world.mapping = mapped
    world.cycle()
    assert world.marketo.people[person]["city"] == "Umea"
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Umea"


def test_a_pair_that_cannot_be_linked_holds_nothing_else(world: World) -> None:
    world.marketo.add(email="a@x.com", lastName="Ek", leadSource="Webinar 2025", title="B")
    world.marketo.fields["phone"] = MarketoField("phone", "Phone", "string", 255)
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", telephone1="1" * 300)
    world.mapping = with_field(world.mapping, "phone", rule="dynamics_wins")
    world.cycle()
    assert [item["direction"] for item in world.quarantined()] == ["to_marketo"]
    assert world.dynamics.rows["lead"][row]["jobtitle"] is None


def test_a_pair_whose_link_the_server_refuses_holds_nothing_else(world: World) -> None:
    world.marketo.add(email="a@x.com", title="B")  # no last name: cannot go to Dynamics
    world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.marketo.refuse = lambda record: True
    world.cycle()
    assert [item["direction"] for item in world.quarantined()] == ["to_marketo"]


def test_what_made_a_person_is_its_base_even_when_the_answer_was_lost(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", jobtitle="CTO")
    cycle_with_lost_create(world)
    world.cycle()
    world.dynamics.edit("lead", row, jobtitle="CIO")
    world.cycle()
    assert world.person_of(row)["title"] == "CIO"


def test_a_create_that_is_answered_at_the_second_try_clears_nothing(world: World) -> None:
    world.mapping = with_field(world.mapping, "phone", direction="to_dynamics")
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", telephone1="1")
    run = RunInStages(world)
    with pytest.raises(TransientApiError), altered(world.marketo, "sync_persons", loses_answers):
        run.load()
    run.load()
    run.commit()
    world.marketo.edit(int(world.person_of(row)["id"]), title="CIO")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CIO"
    assert world.dynamics.rows["lead"][row]["telephone1"] == "1"


def test_a_create_without_answer_says_nothing_about_another_person(world: World) -> None:
    row = world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com", jobtitle="CTO")
    cycle_with_lost_create(world)
    world.marketo.delete(int(world.person_of(row)["id"]))
    other = world.marketo.add(email="a@x.com", lastName="Ek", title="CIO")
    world.cycle()
    assert world.person_of(row)["id"] == other
    assert world.marketo.people[other]["title"] == "CTO"


def test_a_row_restored_under_its_own_id_goes_on_where_it_ended(world: World) -> None:
    person, row = world.linked(jobtitle="CTO")
    deleted = world.dynamics.rows["lead"][row]
    world.dynamics.delete("lead", row)
    world.cycle()
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True
    world.marketo.edit(person, email="other@x.com", city="Lund")
    world.dynamics.restore("lead", {**deleted, "jobtitle": "CIO"})
    for _ in range(2):
        world.cycle()
    assert world.person_of(row)["id"] == person
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is False
    assert world.marketo.people[person]["title"] == "CIO"
    restored = world.dynamics.rows["lead"][row]
    assert (restored["emailaddress1"], restored["address1_city"]) == ("other@x.com", "Lund")


def test_an_empty_field_of_a_new_person_clears_nothing_in_dynamics(world: World) -> None:
    world.mapping = with_field(world.mapping, "phone", direction="to_dynamics")
    person, row = world.linked(telephone1="+46 8 1")
    world.marketo.edit(person, title="CIO")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["telephone1"] == "+46 8 1"
    world.marketo.edit(person, phone="+46 8 2")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["telephone1"] == "+46 8 2"


def test_a_person_whose_making_was_not_confirmed_is_flagged_when_its_row_is_deleted(
    world: World,
) -> None:
    row = world.dynamics.add("lead", lastname="Ek", jobtitle="CTO")
    cycle_with_lost_create(world)
    world.dynamics.delete("lead", row)
    for _ in range(2):
        world.cycle()
    assert world.person_of(row)["leadsyncDynamicsDeleted"] is True


def test_a_refusal_does_not_hide_that_an_earlier_try_made_the_person(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", jobtitle="CTO", telephone1="1")
    run = RunInStages(world)
    with pytest.raises(TransientApiError), altered(world.marketo, "sync_persons", loses_answers):
        run.load()
    world.marketo.refuse = lambda record: True
    run.load()
    run.commit()
    world.marketo.refuse = lambda record: False
    world.marketo.edit(world.person_of(row)["id"], title="CIO")
    world.dynamics.edit("lead", row, telephone1=None)
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CIO"
    assert world.person_of(row)["phone"] is None


def test_a_released_stop_ends_when_it_goes_out_though_the_record_stays_held(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, unsubscribed=True, firstName="x" * 60)
    world.dynamics.refuse = lambda write: True
    world.cycle()
    world.dynamics.refuse = lambda write: False
    items = world.store.quarantine(statuses=("open",))
    for item in items:
        item["status"] = "released"
    world.store.apply(StateChanges(quarantine=items), lease=None)
    world.cycle()
    assert world.dynamics.rows["lead"][row]["donotbulkemail"] is True
    assert [item["record_key"] for item in world.quarantined()] == [f"to_dynamics:{person}"]
    assert not world.store.quarantine(statuses=("released",))


def test_a_row_that_goes_out_of_scope_while_a_backfill_reads_stops_its_pair(world: World) -> None:
    person, row = world.linked("contact")
    start = world.clock.now()
    world.marketo.edit(person, title="B")
    world.clock.advance(60)
    until = world.clock.now()
    world.dynamics.edit("contact", row, jobtitle="C", new_synctomkto=False)
    world.cycle(kind="backfill", window_from=start, window_to=until)
    assert world.marketo.people[person]["title"] == "B"
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "C"


def test_a_person_whose_making_was_not_confirmed_goes_on_with_the_contact(world: World) -> None:
    lead = world.dynamics.add("lead", lastname="Ek", jobtitle="CTO")
    cycle_with_lost_create(world)
    world.dynamics.edit("lead", lead, statecode=1)
    values = {"lastname": "Ek", "jobtitle": "CTO", "_originatingleadid_value": lead}
    contact = world.dynamics.add("contact", **values)
    for _ in range(2):
        world.cycle()
    assert len(world.marketo.people) == 1
    assert world.person_of(contact)["leadsyncDynamicsType"] == "Contact"


def test_our_own_write_without_an_answer_does_not_win_over_a_users_change(world: World) -> None:
    person, row = world.linked("contact", jobtitle="CTO")
    world.marketo.edit(person, title="CIO")
    with pytest.raises(TransientApiError), altered(world.dynamics, "write_rows", loses_answers):
        world.cycle()
    world.marketo.edit(person, title="CEO")
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CEO"
    assert world.marketo.people[person]["title"] == "CEO"


def test_our_own_write_without_an_answer_is_no_change_when_the_user_goes_back(
    world: World,
) -> None:
    person, row = world.linked("contact", jobtitle="CTO")
    world.marketo.edit(person, title="CIO")
    with pytest.raises(TransientApiError), altered(world.dynamics, "write_rows", loses_answers):
        world.cycle()
    world.marketo.edit(person, title="CTO")
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CTO"
    assert world.marketo.people[person]["title"] == "CTO"


def test_a_stop_after_our_own_resubscription_stays_when_the_cycle_dies(world: World) -> None:
    person, row = world.linked("contact", emailaddress1=None, donotbulkemail=True)
    world.dynamics.edit("contact", row, donotbulkemail=False)
    run = RunInStages(world)
    run.load()
    assert world.marketo.people[person]["unsubscribed"] is False
    world.clock.advance(3600)
    world.dynamics.edit("contact", row, donotbulkemail=True)
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["contact"][row]["donotbulkemail"] is True
    assert world.marketo.people[person]["unsubscribed"] is True


def test_a_contact_that_a_lead_became_and_that_was_merged_at_once_passes_its_person_on(
    world: World,
) -> None:
    own, winner = world.linked("contact")
    person, lead = world.linked()
    contact = world.dynamics.qualify(lead)
    world.dynamics.merge("contact", winner, contact)
    for _ in range(2):
        world.cycle()
    assert [link["marketo_id"] for link in world.store.live_links("contact")] == [own]
    assert list(world.store.live_links("lead")) == []
    assert [item["marketo_id"] for item in world.quarantined()] == [person]


def test_a_person_stamped_before_a_crash_is_linked_though_its_address_is_gone(
    world: World,
) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="c@x.com")
    person = world.marketo.add(lastName="Ek", email="c@x.com")
    with pytest.raises(TransientApiError), altered(world.marketo, "sync_persons", loses_answers):
        world.cycle()
    world.marketo.edit(person, email="e@x.com")
    world.dynamics.edit("lead", row, emailaddress1=None)
    for _ in range(2):
        world.cycle()
    assert list(world.marketo.people) == [person]
    assert world.marketo.people[person]["email"] == "e@x.com"
    assert world.dynamics.rows["lead"][row]["emailaddress1"] == "e@x.com"


def test_our_own_write_without_an_answer_is_the_base_though_the_next_change_is_held(
    world: World,
) -> None:
    person, row = world.linked("contact", jobtitle="CTO")
    world.marketo.edit(person, title="CIO")
    with pytest.raises(TransientApiError), altered(world.dynamics, "write_rows", loses_answers):
        world.cycle()
    world.marketo.edit(person, title="x" * 60)
    world.cycle()
    assert len(world.quarantined()) == 1
    world.marketo.edit(person, title="CEO")
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[person]["title"] == "CEO"
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CEO"


def test_a_field_of_a_new_row_is_held_though_the_cycle_that_made_the_row_died(
    world: World,
) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com", leadSource="Webinar 2025")
    request = person_request(world.engine, "sync_person", person, sync_as="lead")
    store_requests(world.engine, [request])
    RunInStages(world)  # up to the row, without a commit
    world.clock.advance(3600)
    for _ in range(2):
        world.cycle()
    assert [item["record_key"] for item in world.quarantined()] == [
        f"to_dynamics:{person}:leadSource"
    ]
    (answer,) = world.store.requests()
    assert answer["outcome"] == "already_linked"


def test_every_try_to_make_a_person_without_an_answer_tells_what_it_has(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    for _ in range(2):
        with (
            pytest.raises(TransientApiError),
            altered(world.marketo, "sync_persons", loses_answers),
        ):
            world.cycle()
        world.clock.advance(3600)
    world.dynamics.edit("lead", row, jobtitle="CIO")
    world.cycle()
    assert world.person_of(row)["title"] == "CIO"
