"""Opt-outs reach every record with the address, durably, and nothing holds them back (8.J)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.consent.consent import clicks
from leadsync.cycle.consent.marks import address_hash
from leadsync.model import Activity, FieldChange, Json
from support.world import World, world

__all__ = ["world"]


def stopped(world: World, person: int, row: str, table: str = "lead") -> tuple[Any, Any]:
    return (
        world.marketo.people[person]["unsubscribed"],
        world.dynamics.rows[table][row]["donotbulkemail"],
    )


def marks(world: World, *addresses: str) -> list[bool]:
    hashes = [address_hash(address) for address in addresses]
    found = world.store.marks("opted_out", hashes)
    return [one in found for one in hashes]


@pytest.mark.parametrize("base", [False, True])
@pytest.mark.parametrize("table", ["lead", "contact"])
def test_one_stop_is_enough_on_either_side(world: World, table: str, base: bool) -> None:
    person, row = world.linked(table, donotbulkemail=base)
    world.marketo.edit(person, unsubscribed=not base)
    world.dynamics.edit(table, row, donotbulkemail=not base)
    world.cycle()
    assert stopped(world, person, row, table) == (not base, not base)


def test_every_person_with_the_address_is_stopped(world: World) -> None:
    person, row = world.linked(emailaddress1="a@x.com")
    other = world.marketo.add(email="A@x.com ".strip())
    stranger = world.marketo.add(email="b@x.com")
    world.dynamics.edit("lead", row, donotbulkemail=True)
    report = world.cycle()
    assert stopped(world, person, row) == (True, True)
    assert world.marketo.people[other]["unsubscribed"] is True
    assert world.marketo.people[stranger]["unsubscribed"] is False
    assert report["counts"]["to_marketo"]["lead"]["updated"] == 2
    assert [row["field"] for row in world.store.journal(marketo_ids=[other])] == ["unsubscribed"]
    assert marks(world, "a@x.com", "b@x.com") == [True, False]
    world.cycle()
    assert world.writes == 0


def test_a_linked_person_with_the_address_takes_its_own_row_along(world: World) -> None:
    _, row = world.linked(emailaddress1="a@x.com")
    twin, twin_row = world.linked("contact", emailaddress1="b@x.com")
    world.marketo.edit(twin, email="a@x.com")
    world.cycle()
    world.dynamics.edit("lead", row, donotbulkemail=True)
    world.cycle()
    assert world.marketo.people[twin]["unsubscribed"] is True
    world.cycle()
    assert stopped(world, twin, twin_row, "contact") == (True, True)
    world.cycle()
    assert world.writes == 0


def test_a_row_that_no_person_takes_stops_its_address_too(world: World) -> None:
    persons = [world.marketo.add(email="a@x.com") for _ in range(2)]
    world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com", donotbulkemail=True)
    world.cycle()
    assert all(world.marketo.people[person]["unsubscribed"] for person in persons)


def test_a_bad_value_elsewhere_does_not_hold_a_stop_back(world: World) -> None:
    person, row = world.linked(firstname="Ann")
    world.marketo.edit(person, firstName="x" * 60, unsubscribed=True)
    report = world.cycle()
    assert stopped(world, person, row) == (True, True)
    assert world.dynamics.rows["lead"][row]["firstname"] == "Ann"
    assert report["counts"]["to_dynamics"]["lead"]["quarantined"] == 1
    assert [item["failures"][0]["field"] for item in world.quarantined()] == ["firstname"]
    world.cycle()
    assert world.writes == 0
    world.marketo.edit(person, firstName="Bo")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["firstname"] == "Bo"
    assert world.quarantined() == []


def test_a_refusal_by_the_server_does_not_hold_a_stop_back(world: World) -> None:
    person, row = world.linked()
    world.dynamics.refuse = lambda write: "jobtitle" in write.body
    world.marketo.edit(person, title="B", unsubscribed=True)
    report = world.cycle()
    assert stopped(world, person, row) == (True, True)
    assert report["counts"]["to_dynamics"]["lead"]["quarantined"] == 1
    world.cycle()
    world.cycle()
    assert stopped(world, person, row) == (True, True)
    assert len(world.quarantined()) == 1


def test_stops_go_out_in_the_first_batches_of_both_sides(world: World) -> None:
    world.marketo.batch_size = world.dynamics.batch_size = 2
    pairs = [world.linked() for _ in range(5)]
    for person, row in pairs:
        world.marketo.edit(person, title="B")
        world.dynamics.edit("lead", row, address1_city="Lund")
    last = pairs[-1]
    world.marketo.edit(last[0], unsubscribed=True)
    world.dynamics.edit("lead", pairs[-2][1], donotbulkemail=True)
    world.cycle()
    assert world.dynamics.writes[0].row_id == last[1]
    assert world.marketo.writes[0][1]["id"] == pairs[-2][0]


def test_an_address_keeps_its_mark_when_its_person_is_gone(world: World) -> None:
    person, row = world.linked(emailaddress1="a@x.com")
    world.marketo.edit(person, unsubscribed=True)
    world.cycle()
    world.marketo.delete(person)
    world.dynamics.delete("lead", row)
    world.cycle()
    again = world.dynamics.add("contact", lastname="Ek", emailaddress1="A@x.com")
    world.cycle()
    person = int(world.person_of(again)["id"])
    assert world.marketo.people[person]["unsubscribed"] is True
    world.cycle()
    assert stopped(world, person, again, "contact") == (True, True)
    world.cycle()
    assert world.writes == 0


@pytest.mark.parametrize("side", ["marketo", "dynamics"])
def test_who_gets_a_marked_address_is_stopped_on_both_sides(world: World, side: str) -> None:
    first, _ = world.linked(emailaddress1="a@x.com")
    world.marketo.edit(first, unsubscribed=True)
    world.cycle()
    world.marketo.edit(first, email="moved@x.com")
    world.cycle()
    person, row = world.linked(emailaddress1="b@x.com")
    if side == "marketo":
        world.marketo.edit(person, email="a@x.com")
    else:
        world.dynamics.edit("lead", row, emailaddress1="a@x.com")
    world.cycle()
    assert stopped(world, person, row) == (True, True)
    world.cycle()
    world.cycle()
    assert world.writes == 0


def test_a_resubscription_lifts_the_mark(world: World) -> None:
    person, row = world.linked(emailaddress1="a@x.com")
    world.dynamics.edit("lead", row, donotbulkemail=True)
    world.cycle()
    world.clock.advance(3600)
    world.dynamics.edit("lead", row, donotbulkemail=False)
    world.cycle()
    assert stopped(world, person, row) == (False, False)
    assert marks(world, "a@x.com") == [False]
    new = world.dynamics.add("contact", lastname="Ek", emailaddress1="a2@x.com")
    world.cycle()
    world.dynamics.edit("contact", new, emailaddress1="a@x.com")
    world.cycle()
    assert world.dynamics.rows["contact"][new]["donotbulkemail"] is None


def test_a_click_after_the_resubscription_keeps_the_stop(world: World) -> None:
    person, row = world.linked(donotbulkemail=True)
    world.clock.advance(3600)
    world.dynamics.edit("lead", row, donotbulkemail=False)
    world.clock.advance(3600)
    world.marketo.edit(person, unsubscribed=False)
    world.marketo.edit(person, unsubscribed=True)
    world.cycle()
    assert stopped(world, person, row) == (True, True)
    assert marks(world, f"{world.marketo.people[person]['email']}") == [True]
    world.cycle()
    assert world.writes == 0


def test_a_click_before_the_resubscription_does_not(world: World) -> None:
    person, row = world.linked(donotbulkemail=True)
    world.marketo.edit(person, unsubscribed=False)
    world.marketo.edit(person, unsubscribed=True)
    world.clock.advance(3600)
    world.dynamics.edit("lead", row, donotbulkemail=False)
    world.cycle()
    assert stopped(world, person, row) == (False, False)


def test_our_own_write_is_no_click(world: World) -> None:
    person, row = world.linked()
    world.dynamics.edit("lead", row, donotbulkemail=True)
    world.cycle()
    world.dynamics.edit("lead", row, donotbulkemail=False)
    world.cycle()
    assert stopped(world, person, row) == (False, False)


def activity(type_id: int, minute: int, **attributes: Any) -> Activity:
    changes = (FieldChange("unsubscribed", "false", "true"),) if type_id == 13 else ()
    at = World().clock.now().replace(minute=minute)
    return Activity(f"{type_id}-{minute}", 7, type_id, at, changes, attributes)


@pytest.mark.parametrize(
    ("activities", "minute"),
    [
        ([activity(9, 1), activity(9, 3), activity(9, 2)], 3),
        ([activity(13, 5, Source="Web form fillout")], 5),
        ([activity(13, 5, Source="Web service API"), activity(13, 6)], None),
        ([activity(12, 5)], None),
    ],
)
def test_clicks_are_told_from_writes_of_rest_clients(
    activities: list[Activity], minute: int | None
) -> None:
    found: Json = {str(person): at for person, at in clicks(activities).items()}
    assert found == ({} if minute is None else {"7": f"2026-01-05T08:{minute:02}:00Z"})
