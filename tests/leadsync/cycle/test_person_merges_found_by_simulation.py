"""Regression tests of persons merged in Marketo, in the same window in which their rows changed."""

from __future__ import annotations

import pytest

from leadsync.cycle.extract.feed import Feed, settle_one
from leadsync.cycle.extract.feed_cursor import FeedCursor, Stretch
from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.errors import TransientApiError
from leadsync.model import FeedRead
from support.interrupted import altered, loses_answers
from support.world import World, world

__all__ = ["world"]


def carried(world: World) -> dict[int, str | None]:
    """The ids of rows that persons carry."""
    return {i: person["leadsyncDynamicsId"] for i, person in world.marketo.people.items()}


def test_nothing_is_written_to_a_row_that_left_the_filter_as_its_person_was_merged(
    world: World,
) -> None:
    survivor, _ = world.linked(lastname="Bo")
    loser, row = world.linked("contact")
    world.dynamics.edit("contact", row, new_synctomkto=False)
    world.marketo.merge(survivor, [loser])
    world.cycle()
    assert world.writes == 0


def test_a_survivor_whose_row_comes_back_into_scope_at_once_brings_its_values(world: World) -> None:
    loser, row = world.linked("contact")
    survivor = world.marketo.add(email="other@example.com", lastName="Bo")
    world.dynamics.edit("contact", row, new_synctomkto=False)
    world.cycle()
    world.marketo.merge(survivor, [loser])
    world.dynamics.edit("contact", row, new_synctomkto=True)
    world.cycle()
    assert carried(world) == {survivor: row}
    assert world.dynamics.rows["contact"][row]["lastname"] == "Bo"


def test_a_row_that_was_opened_again_is_closed_when_its_person_is_merged(world: World) -> None:
    world.mapping = {**world.mapping, "policies": {"on_marketo_merge": "deactivate"}}
    winner, _ = world.linked()
    loser, left = world.linked()
    world.dynamics.deactivate("lead", left)
    world.cycle()
    world.dynamics.reopen("lead", left)
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][left]["statecode"] == 2


def test_what_a_winner_got_from_a_person_without_a_row_reaches_its_row(world: World) -> None:
    """Marketo fills empty fields in a merge and tells of no changed value."""
    winner, row = world.linked()
    loser = world.marketo.add(phone="+46 8 1", title="CTO")
    world.cycle()
    world.marketo.merge(winner, [loser])
    world.cycle()
    found = world.dynamics.rows["lead"][row]
    assert (found["telephone1"], found["jobtitle"]) == ("+46 8 1", "CTO")


def test_a_row_that_waited_for_an_address_does_not_get_the_survivor_of_the_person_that_has_it(
    world: World,
) -> None:
    loser, contact = world.linked("contact", emailaddress1="a@x.com")
    lead = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.cycle()
    survivor = world.marketo.add(lastName="Bo")
    world.marketo.merge(survivor, [loser])
    world.dynamics.edit("lead", lead, lastname="Al")
    for _ in range(2):
        world.cycle()
    assert carried(world) == {survivor: contact}
    assert [item["dynamics_id"] for item in world.quarantined()] == [lead]


def test_a_lead_that_was_qualified_counts_as_a_contact_in_a_merge(world: World) -> None:
    winner, lead = world.linked()
    loser, left = world.linked("contact")
    contact = world.dynamics.qualify(lead)
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    assert carried(world) == {winner: contact}
    assert [item["dynamics_id"] for item in world.quarantined()] == [left]


def test_the_person_of_a_qualified_lead_hands_the_contact_on_when_it_is_merged(
    world: World,
) -> None:
    loser, lead = world.linked(jobtitle="CTO")
    survivor = world.marketo.add(lastName="Bo", phone="1")
    world.cycle()
    contact = world.dynamics.qualify(lead)
    world.marketo.merge(survivor, [loser])
    for _ in range(2):
        world.cycle()
    assert carried(world) == {survivor: contact}
    row = world.dynamics.rows["contact"][contact]
    assert (row["lastname"], row["telephone1"], row["jobtitle"]) == ("Bo", "1", "CTO")


def test_a_survivor_is_told_that_the_row_of_its_loser_was_deleted(world: World) -> None:
    loser, row = world.linked()
    survivor = world.marketo.add(lastName="Bo")
    world.cycle()
    world.marketo.merge(survivor, [loser])
    world.dynamics.delete("lead", row)
    world.cycle()
    assert world.marketo.people[survivor]["leadsyncDynamicsDeleted"] is True


def test_a_change_that_our_write_went_over_reaches_the_contact_of_the_merged_person(
    world: World,
) -> None:
    winner, lead = world.linked()
    loser, contact = world.linked("contact", jobtitle="B")
    world.dynamics.edit("lead", lead, jobtitle="A")
    world.marketo.before_write.append((winner, {"title": "entered"}))
    world.cycle()
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    assert carried(world) == {winner: contact}
    assert world.marketo.people[winner]["title"] == "entered"
    assert world.dynamics.rows["contact"][contact]["jobtitle"] == "entered"


def test_a_stretch_that_proves_longer_than_thought_is_read_on(world: World) -> None:
    asked: list[int | None] = []

    def read(token: str, *, pages: int | None = None) -> FeedRead:
        asked.append(pages)
        return FeedRead((), token, 1)

    before = world.clock.now()
    world.clock.advance(3600)
    now = world.clock.now()
    longer = Stretch("token", before, before, pages=-0.5)
    young = Stretch("later", before, now, pages=1.0)
    settle_one([Feed(world.engine, read, FeedCursor("end", now, (longer, young)))], now)
    assert asked == [1]


@pytest.mark.parametrize("took_over", [False, True])
def test_what_an_unanswered_write_left_is_no_change_of_the_row_that_a_survivor_takes_over(
    world: World, took_over: bool
) -> None:
    """Neither an update of the row's own person, nor what came with its taking over of the row."""
    fields = [
        {**entry, "rule": "dynamics_wins"} if entry["marketo"] == "city" else entry
        for entry in world.mapping["fields"]
    ]
    world.mapping = {**world.mapping, "fields": fields}
    loser, row = world.linked("contact")
    if took_over:
        first, loser = loser, world.marketo.add(city="Lund", lastName="Ek")
        world.cycle()
        world.marketo.merge(loser, [first])
    else:
        world.marketo.edit(loser, city="Lund")
    survivor = world.marketo.add(city="Malmö", lastName="Ek")
    with altered(world.dynamics, "write_rows", loses_answers), pytest.raises(TransientApiError):
        world.cycle()
    world.marketo.merge(survivor, [loser])
    for _ in range(3):
        world.cycle()
    assert carried(world) == {survivor: row}
    assert world.dynamics.rows["contact"][row]["address1_city"] == "Malmö"


def test_a_request_for_a_person_that_was_just_merged_names_the_survivor(world: World) -> None:
    survivor, _ = world.linked()
    loser = world.marketo.add(lastName="Ek", email="a@x.com")
    world.cycle()
    store_requests(world.engine, [person_request(world.engine, "sync_person", loser)])
    world.marketo.merge(survivor, [loser])
    world.cycle()
    [request] = world.store.requests()
    assert request["outcome"] == "missing"
    assert str(survivor) in str(request["message"])


def test_a_survivor_with_another_row_is_not_told_of_the_deleted_one(world: World) -> None:
    first, deleted = world.linked()
    second, row = world.linked()
    survivor = world.marketo.add(lastName="Bo")
    world.cycle()
    world.dynamics.delete("lead", deleted)
    world.marketo.merge(survivor, [first])
    world.marketo.merge(survivor, [second])
    for _ in range(2):
        world.cycle()
    assert carried(world) == {survivor: row}
    assert world.marketo.people[survivor]["leadsyncDynamicsDeleted"] is False


def test_a_survivor_is_told_of_the_deleted_row_though_the_merge_appears_later(
    world: World,
) -> None:
    loser, row = world.linked()
    survivor = world.marketo.add(lastName="Bo")
    world.cycle()
    world.marketo.lag = lambda: 200
    world.marketo.merge(survivor, [loser])
    world.marketo.lag = lambda: 0
    world.dynamics.delete("lead", row)
    for _ in range(6):
        world.cycle()
    assert world.marketo.people[survivor]["leadsyncDynamicsDeleted"] is True
    assert world.writes == 0


@pytest.mark.parametrize("policy", ["report", "merge", "deactivate", "unlink"])
@pytest.mark.parametrize("turned", [False, True])
def test_persons_and_their_rows_are_merged_at_once_in_both_systems(
    world: World, policy: str, turned: bool
) -> None:
    """Whichever wins on either side: one person has the row that is left."""
    world.mapping = {**world.mapping, "policies": {"on_marketo_merge": policy}}
    first, row = world.linked()
    second, other = world.linked()
    world.dynamics.merge("lead", row, other)
    winner, loser = (second, first) if turned else (first, second)
    world.marketo.merge(winner, [loser])
    for _ in range(2):
        world.cycle()
    assert carried(world) == {winner: row}
    assert world.dynamics.rows["lead"][row]["statecode"] == 0
    assert world.quarantined() == []
    assert world.writes == 0


def test_a_row_that_a_backfill_could_not_close_is_closed_by_the_next_cycle(world: World) -> None:
    world.mapping = {**world.mapping, "policies": {"on_marketo_merge": "deactivate"}}
    winner, _ = world.linked()
    loser, left = world.linked()
    start = world.clock.now()
    world.marketo.merge(winner, [loser])
    world.clock.advance(60)
    end = world.clock.now()
    world.dynamics.edit("lead", left, firstname="C")
    world.backfill(start, end)
    assert world.dynamics.rows["lead"][left]["statecode"] == 0
    for _ in range(2):
        world.cycle()
    assert world.dynamics.rows["lead"][left]["statecode"] == 2
    assert world.quarantined() == []
