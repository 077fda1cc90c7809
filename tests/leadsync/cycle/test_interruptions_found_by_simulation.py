"""Regression tests of lost answers and dead cycles that schedules once came upon."""

from __future__ import annotations

import pytest

from leadsync.errors import TransientApiError
from support.interrupted import RunInStages, altered, cycle_with_lost_create, loses_answers
from support.world import World, world

__all__ = ["world"]


def test_an_unanswered_write_is_no_change_of_a_user_though_its_repetition_was_refused(
    world: World,
) -> None:
    person, row = world.linked(leadsourcecode=2)
    world.dynamics.edit("lead", row, leadsourcecode=1)
    run = RunInStages(world)
    with pytest.raises(TransientApiError), altered(world.marketo, "sync_persons", loses_answers):
        run.load()
    world.marketo.refuse = lambda record: True
    run.load()
    run.commit()
    world.marketo.refuse = lambda record: False
    assert world.marketo.people[person]["leadSource"] == "Web"
    world.dynamics.edit("lead", row, leadsourcecode=None)
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][row]["leadsourcecode"] is None
    assert world.marketo.people[person]["leadSource"] is None


def test_a_stop_by_a_shared_address_pushes_nothing_to_a_row_that_leaves_the_scope(
    world: World,
) -> None:
    person, row = world.linked("contact", emailaddress1="a@x.com", jobtitle="CTO")
    world.dynamics.edit("contact", row, new_synctomkto=False)
    world.marketo.edit(person, title="CIO")
    world.dynamics.add("lead", lastname="Al", emailaddress1="A@x.com", donotbulkemail=True)
    for _ in range(2):
        world.cycle()
        assert world.dynamics.writes == []
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CTO"
    assert world.marketo.people[person]["unsubscribed"] is True


def test_what_is_held_of_a_person_ends_with_its_row_though_that_cycle_did_not_commit(
    world: World,
) -> None:
    person, row = world.linked()
    world.marketo.edit(person, firstName="x" * 60)
    world.cycle()
    assert [item["marketo_id"] for item in world.quarantined()] == [person]
    world.dynamics.delete("lead", row)
    RunInStages(world).load()
    world.clock.advance(3600)
    world.cycle()
    assert world.quarantined() == []
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True


def test_a_person_whose_making_was_not_confirmed_clears_no_column_that_it_never_got(
    world: World,
) -> None:
    fields = world.mapping["fields"]
    phone = {"marketo": "phone", "lead": "telephone1", "direction": "to_dynamics"}
    others = [entry for entry in fields if entry["marketo"] != "phone"]
    world.mapping = {**world.mapping, "fields": [*others, phone]}
    row = world.dynamics.add("lead", lastname="Ek", telephone1="+46 8 1")
    cycle_with_lost_create(world)
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][row]["telephone1"] == "+46 8 1"


def test_what_an_unanswered_write_left_is_no_change_of_a_row_that_was_out_of_scope_meanwhile(
    world: World,
) -> None:
    fields = [{**entry, "rule": "dynamics_wins"} for entry in world.mapping["fields"]]
    world.mapping = {**world.mapping, "fields": fields}
    person, row = world.linked(jobtitle="CTO")
    world.marketo.edit(person, title=None)
    with altered(world.dynamics, "write_rows", loses_answers), pytest.raises(TransientApiError):
        world.cycle()
    world.dynamics.edit("lead", row, new_synctomkto=False)
    for _ in range(2):
        world.cycle()
    world.marketo.edit(person, title="CIO")
    world.dynamics.edit("lead", row, new_synctomkto=True)
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CIO"
    assert world.marketo.people[person]["title"] == "CIO"


@pytest.mark.parametrize("marketo_was_written", [False, True])
def test_what_a_row_got_with_its_link_is_no_users_change_when_the_cycle_died(
    world: World, marketo_was_written: bool
) -> None:
    others = [entry for entry in world.mapping["fields"] if entry["marketo"] != "title"]
    title = {"marketo": "title", "contact": "jobtitle", "rule": "non_empty_wins"}
    world.mapping = {**world.mapping, "fields": [*others, title]}
    person = world.marketo.add(lastName="Ek", email="a@x.com", title="CTO")
    row = world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com")
    run = RunInStages(world)
    if marketo_was_written:
        run.load()
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CTO"
    world.marketo.edit(person, title="CIO")
    world.clock.advance(3600)
    world.cycle()
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "CIO"
    assert world.marketo.people[person]["title"] == "CIO"
