"""The main job over real HTTP: changes travel both ways, echoes die, calls are few."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from support.mapped import add_column, remap
from support.synced import Synced


def test_s001_a_change_in_dynamics_reaches_marketo_alone(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.edit_row(row, jobtitle="CIO")
    synced.forget_calls()
    synced.cycle()
    assert synced.person(person)["title"] == "CIO"
    batches = [e for e in synced.dynamics.control.journal() if e["path"].endswith("$batch")]
    assert batches == []


def test_s002_a_change_in_marketo_reaches_one_column(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    before = synced.row(row)
    synced.edit_person(person, phone="+46 8 1")
    synced.cycle()
    after = synced.row(row)
    changed = {name for name in after if after[name] != before.get(name)}
    assert after["telephone1"] == "+46 8 1"
    stamps = {"modifiedon", "_modifiedby_value", "versionnumber", "@odata.etag"}
    assert changed - stamps == {"telephone1"}


@pytest.mark.parametrize("table", ["lead", "contact"])
def test_s002_a_changed_score_reaches_its_column(synced: Synced, table: str) -> None:
    """Marketo tells of scores by activities of their own, and not among changed values."""
    add_column(synced, "mkt_leadscore", "Integer", table=table)
    remap(synced, {"marketo": "leadScore", table: "mkt_leadscore", "direction": "to_dynamics"})
    person, row = synced.linked(table, emailaddress1="a@example.com")
    synced.edit_person(person, leadScore=15)
    synced.cycle()
    assert synced.row(row, table)["mkt_leadscore"] == 15
    now = datetime.now(UTC)
    synced.forget_calls()
    synced.cycle()
    synced.backfill(now - timedelta(minutes=5), now)
    assert synced.record_writes() == 0


def test_s003_a_change_of_a_contacts_person_reaches_the_contact(synced: Synced) -> None:
    person, row = synced.linked("contact", emailaddress1="a@example.com")
    synced.edit_person(person, title="CFO")
    synced.cycle()
    assert synced.row(row, "contact")["jobtitle"] == "CFO"


def test_s004_a_cycle_without_changes_writes_nothing_and_costs_little(synced: Synced) -> None:
    synced.linked(emailaddress1="a@example.com")
    synced.cycle()
    synced.forget_calls()
    report = synced.cycle()
    assert synced.record_writes() == 0
    assert report["calls"]["marketo"] <= 5
    assert report["calls"]["dynamics"] <= 4
    assert report["window"]["to"] > synced.reports[-2]["window"]["to"]


def test_s006_different_fields_of_one_person_both_survive(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, city="Lund")
    synced.edit_row(row, address1_country="Sweden")
    synced.cycle()
    assert synced.person(person)["country"] == synced.row(row)["address1_country"] == "Sweden"
    assert synced.person(person)["city"] == synced.row(row)["address1_city"] == "Lund"
    assert synced.story(person, "collision") == []


def test_s009_a_field_outside_the_mapping_moves_nothing(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.cycle()
    synced.edit_row(row, pager="123")
    synced.edit_person(person, department="Sales")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s010_a_plan_lists_pending_changes_and_writes_nothing(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, city="Lund", title="CFO", phone="1")
    synced.edit_row(row, address1_country="Sweden", description="note")
    synced.forget_calls()
    plan = synced.plan()
    assert synced.record_writes() == 0
    fields = {field["field"] for change in plan["changes"] for field in change["fields"]}
    assert fields == {"city", "title", "phone", "country", "mktoPersonNotes"}


def test_s032_a_new_lead_becomes_one_linked_person(synced: Synced) -> None:
    row = synced.new_row(firstname="Åsa", lastname="Öberg", emailaddress1="asa@example.com")
    synced.cycle()
    person = synced.person_of(row)
    assert (person["firstName"], person["lastName"]) == ("Åsa", "Öberg")
    assert person["leadsyncDynamicsType"] == "Lead"
    assert person["leadsyncDynamicsCreatedAt"] == synced.row(row)["createdon"]


def test_s033_a_new_lead_links_to_the_person_with_its_email(synced: Synced) -> None:
    person = synced.new_person(email="Ann@Example.com", lastName="Ek")
    row = synced.new_row(lastname="Ek", emailaddress1="ann@example.com")
    synced.cycle()
    assert synced.person_of(row)["id"] == person
    assert len(synced.people()) == 1


def test_s050_a_third_change_while_writing_is_not_overwritten(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="B")
    edit = {"operation": "update", "table": "lead", "id": row, "fields": {"telephone1": "2"}}
    match = {"path": "batch"}
    synced.dynamics.control.faults("edit_before_write", match=match, params={"edit": edit})
    report = synced.cycle()
    assert report["counts"]["to_dynamics"]["lead"]["deferred"] == 1
    assert synced.row(row)["jobtitle"] == "A"
    synced.cycle()
    assert synced.row(row)["jobtitle"] == "B"
    assert synced.person(person)["phone"] == "2"


def test_s072_a_deleted_lead_flags_its_person_and_ends_the_link(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com", jobtitle="CTO")
    synced.dynamics.control.edit("delete", table="lead", id=row)
    synced.cycle()
    assert synced.person(person)["leadsyncDynamicsDeleted"] is True
    assert synced.person(person)["title"] == "CTO"
    [link] = synced.engine.store.links_of_persons([person])
    assert link["status"] == "dynamics_deleted"
    synced.edit_person(person, title="CIO")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert synced.counts("to_dynamics")["out_of_scope"] == 1


def test_s074_s076_a_deleted_person_is_made_again_once_when_its_lead_changes(
    synced: Synced,
) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.marketo.control.edit("delete", id=person)
    synced.edit_row(row, jobtitle="CIO")
    synced.cycle()
    assert synced.person_of(row)["title"] == "CIO"
    assert synced.person_of(row)["id"] != person
    synced.cycle()
    assert len(synced.people()) == 1


def test_a_backfill_over_past_intervals_changes_nothing(synced: Synced) -> None:
    _, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_row(row, jobtitle="B")
    synced.cycle()
    before = (synced.people(), synced.row(row), synced.engine.store.cursors())
    now = datetime.now(UTC).replace(microsecond=0)
    synced.forget_calls()
    for minutes in range(5, 0, -1):
        start = now - timedelta(minutes=minutes)
        synced.backfill(start, start + timedelta(minutes=1))
    assert synced.record_writes() == 0
    assert (synced.people(), synced.row(row), synced.engine.store.cursors()) == before
