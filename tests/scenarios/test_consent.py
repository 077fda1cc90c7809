"""Consent between both systems (semantics.md 8.J, S047): a stop wins, travels first, and stays."""

from __future__ import annotations

import pytest

from support.synced import Synced

ADDRESS = "ann@example.com"
LATER = 3_000.0


def stopped(synced: Synced, person: int, row: str, table: str = "lead") -> tuple[bool, bool]:
    return synced.person(person)["unsubscribed"], synced.row(row, table)["donotbulkemail"]


def click_unsubscribe(synced: Synced, person: int) -> None:
    """The person follows the unsubscribe link of an e-mail."""
    synced.marketo.control.edit("activity", id=person, type=9)


def without_durable_unsubscribe(synced: Synced) -> None:
    """Marketo itself does nothing for other persons with the address."""
    synced.marketo.control.settings(durable_unsubscribe=False)


@pytest.mark.parametrize("table", ["lead", "contact"])
@pytest.mark.parametrize(("marketo", "dynamics"), [(True, False), (False, True)])
def test_s047_of_two_values_the_stop_wins_whatever_the_type(
    synced: Synced, table: str, marketo: bool, dynamics: bool
) -> None:
    person = synced.new_person(email=ADDRESS, lastName="Ek", unsubscribed=marketo)
    row = synced.new_row(
        table, lastname="Ek", emailaddress1=ADDRESS, donotbulkemail=dynamics, jobtitle="CTO"
    )
    synced.cycle()
    assert stopped(synced, person, row, table) == (True, True)
    [decision] = [e for e in synced.story(person) if e["field"] == "unsubscribed"]
    assert decision["rule"] == "most_restrictive"


def test_s108_a_stop_in_dynamics_stops_every_person_with_the_address(synced: Synced) -> None:
    without_durable_unsubscribe(synced)
    person, row = synced.linked(emailaddress1=ADDRESS)
    namesake = synced.new_person(email=ADDRESS.upper(), lastName="Ek")
    stranger = synced.new_person(email="bo@example.com")
    twin, twin_row = synced.linked("contact", emailaddress1="other@example.com")
    synced.edit_person(twin, email=ADDRESS)
    synced.cycle()
    synced.edit_row(row, donotbulkemail=True)
    synced.cycle()
    assert stopped(synced, person, row) == (True, True)
    assert stopped(synced, twin, twin_row, "contact") == (True, True)
    assert synced.person(namesake)["unsubscribed"] is True
    assert synced.person(stranger)["unsubscribed"] is False
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s109_an_unsubscribed_person_stops_its_row_in_one_cycle(synced: Synced) -> None:
    person, row = synced.linked("contact", emailaddress1=ADDRESS)
    synced.edit_person(person, unsubscribed=True)
    synced.cycle()
    assert stopped(synced, person, row, "contact") == (True, True)


def test_s109_a_stop_goes_through_though_its_record_is_held(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1=ADDRESS, firstname="Ann")
    synced.edit_person(person, unsubscribed=True, firstName="x" * 60, title="CTO")
    synced.cycle()
    assert stopped(synced, person, row) == (True, True)
    assert synced.row(row)["jobtitle"] is None
    assert [item["failures"][0]["field"] for item in synced.held()] == ["firstname"]
    synced.cycle()
    assert len(synced.held()) == 1


def test_s110_a_click_after_a_resubscription_in_dynamics_stays(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1=ADDRESS, donotbulkemail=True)
    synced.cycle()
    synced.edit_row(row, donotbulkemail=False)
    click_unsubscribe(synced, person)
    synced.cycle()
    assert stopped(synced, person, row) == (True, True)
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s110_a_resubscription_after_the_click_is_believed(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1=ADDRESS, donotbulkemail=True)
    synced.cycle()
    click_unsubscribe(synced, person)
    synced.dynamics.control.advance(LATER)
    synced.edit_row(row, donotbulkemail=False)
    synced.cycle()
    assert stopped(synced, person, row) == (False, False)


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("side", ["marketo", "dynamics"])
def test_s111_who_gets_an_opted_out_address_is_stopped_on_both_sides(
    synced: Synced, side: str, durable: bool
) -> None:
    synced.marketo.control.settings(durable_unsubscribe=durable)
    gone, gone_row = synced.linked(emailaddress1=ADDRESS)
    synced.edit_person(gone, unsubscribed=True)
    synced.cycle()
    synced.dynamics.control.edit("delete", table="lead", id=gone_row)
    synced.marketo.control.edit("delete", id=gone)
    person, row = synced.linked(emailaddress1="new@example.com")
    if side == "marketo":
        synced.edit_person(person, email=ADDRESS)
    else:
        synced.edit_row(row, emailaddress1=ADDRESS)
    synced.cycle()
    synced.cycle()
    assert stopped(synced, person, row) == (True, True)


def test_f07_a_changed_address_makes_no_second_record_and_forgets_no_stop(synced: Synced) -> None:
    without_durable_unsubscribe(synced)
    person, row = synced.linked(emailaddress1=ADDRESS, donotbulkemail=True)
    synced.edit_row(row, emailaddress1="moved@example.com")
    synced.cycle()
    assert [int(p["id"]) for p in synced.people()] == [person]
    assert synced.person(person)["email"] == "moved@example.com"
    assert stopped(synced, person, row) == (True, True)
    reused = synced.new_row("contact", lastname="Ek", emailaddress1=ADDRESS)
    synced.cycle()
    assert synced.person_of(reused)["unsubscribed"] is True
    assert synced.row(reused, "contact")["donotbulkemail"] is True
