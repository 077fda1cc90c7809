"""What tools of this kind have failed at (semantics.md 10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_cycle
from support.mapped import remap
from support.recorded import SkippingClock
from support.synced import Synced


def test_f02_each_direction_has_a_cursor_of_its_own(synced: Synced) -> None:
    """The systems' clocks are hours apart, and still nothing of either side is skipped."""
    synced.dynamics.control.advance(5 * 3600)
    person, row = synced.linked(emailaddress1="a@example.com")
    for step in ("A", "B"):
        synced.edit_person(person, title=step)
        synced.edit_row(row, address1_city=step)
        synced.cycle()
        assert synced.row(row)["jobtitle"] == step
        assert synced.person(person)["city"] == step
    cursors = synced.engine.store.cursors()
    assert {"marketo.lead_changes", "dynamics.lead", "dynamics.contact"} <= cursors.keys()


def test_f03_a_crashed_cycle_on_another_host_stops_nothing_for_ever(synced: Synced) -> None:
    synced.linked(emailaddress1="a@example.com")
    lost = replace(synced.engine, holder="process:elsewhere:1")
    stages.open_cycle(lost, CycleRequest("scheduled", datetime.now(UTC), run_id="lost"))
    clock = SkippingClock()
    clock.sleep(lost.settings.lease_seconds + 1)
    row = synced.new_row(lastname="Ny", emailaddress1="b@example.com")
    run_cycle(replace(synced.engine, clock=clock), CycleRequest("manual", clock.now()))
    assert synced.person_of(row)["lastName"] == "Ny"


def test_f04_changes_of_one_timestamp_survive_the_end_of_a_page(synced: Synced) -> None:
    leads = [{"lastname": "Ek", "emailaddress1": f"{n}@example.com"} for n in range(350)]
    synced.dynamics.control.load(lead=leads)
    synced.cycle()
    ids = [int(person["id"]) for person in synced.people()]
    moment = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    synced.marketo.control.set_time(moment, frozen=True)
    edits = [{"operation": "update", "id": i, "fields": {"title": "T"}} for i in ids]
    synced.marketo.control.call("POST", "edit", {"edits": edits})
    synced.marketo.control.set_time(moment, frozen=False)
    synced.cycle()
    assert {row["jobtitle"] for row in synced.dynamics.control.records("lead")} == {"T"}


def test_f05_a_held_row_stays_in_sight_and_is_tried_when_the_rules_change(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, firstName="x" * 60)
    synced.cycle()
    assert synced.counts("to_dynamics")["quarantined"] == 1
    synced.cycle()
    assert len(synced.held()) == 1
    synced.dynamics.control.edit("change_column", table="lead", column="firstname", length=80)
    synced.forget_schemas()
    synced.cycle()
    assert synced.row(row)["firstname"] == "x" * 60
    assert synced.held() == []


def test_f06_an_update_never_creates(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_row(row, jobtitle="B")
    gone = {"operation": "delete", "id": person}
    match = {"path": "/rest/v1/leads.json", "method": "POST"}
    synced.marketo.control.faults("edit_before_write", match=match, params={"edit": gone})
    synced.cycle()
    assert synced.people() == []
    synced.cycle()
    synced.cycle()
    assert [p["title"] for p in synced.people()] == ["B"]


def test_f08_case_and_blanks_of_an_address_do_not_break_the_match(synced: Synced) -> None:
    person = synced.new_person(email="Ann@Example.com", lastName="Ek")
    row = synced.new_row(lastname="Ek", emailaddress1=" ann@EXAMPLE.com ")
    synced.cycle()
    assert [int(p["id"]) for p in synced.people()] == [person]
    assert synced.person_of(row)["id"] == person


def test_f09_an_edit_of_an_old_record_is_seen(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    for system in (synced.marketo, synced.dynamics):
        system.control.advance(400 * 86_400)
    synced.edit_row(row, jobtitle="B")
    synced.edit_person(person, city="Lund")
    synced.cycle()
    assert synced.person(person)["title"] == "B"
    assert synced.row(row)["address1_city"] == "Lund"


def test_f10_two_rows_of_one_address_settle(synced: Synced) -> None:
    for name in ("Ek", "Ny"):
        synced.new_row(lastname=name, emailaddress1="a@example.com")
    synced.cycle()
    assert len(synced.people()) == 1
    assert len(synced.held()) == 1
    synced.forget_calls()
    for _ in range(2):
        synced.cycle()
    assert synced.record_writes() == 0
    assert len(synced.held()) == 1


def test_f14_clock_skew_overwrites_no_field_that_nobody_touched(synced: Synced) -> None:
    remap(synced, title={"rule": "newest_wins"}, city={"rule": "newest_wins"})
    synced.dynamics.control.advance(3600)
    person, row = synced.linked(jobtitle="A", address1_city="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="M")
    synced.edit_row(row, address1_city="D")
    synced.cycle()
    assert (synced.person(person)["title"], synced.person(person)["city"]) == ("M", "D")
    assert (synced.row(row)["jobtitle"], synced.row(row)["address1_city"]) == ("M", "D")


def test_f19_a_first_install_links_what_exists_on_both_sides(synced: Synced) -> None:
    people = [synced.new_person(email=f"{n}@example.com", lastName="Ek") for n in range(4)]
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"{n}@example.com") for n in range(3)]
    rows.append(synced.new_row("contact", lastname="Ek", emailaddress1="3@example.com"))
    synced.cycle()
    assert sorted(int(p["id"]) for p in synced.people()) == sorted(people)
    assert [int(synced.person_of(row)["id"]) for row in rows] == people
    assert len(synced.dynamics.control.records("lead")) == 3
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
