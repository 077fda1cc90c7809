"""Schemas that move under a running sync (S061, S117, S118)."""

from __future__ import annotations

from leadsync.cycle.schemas import load_plan
from support.synced import Synced


def test_s061_a_renamed_label_is_still_understood(synced: Synced) -> None:
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    assert synced.person(person)["leadSource"] == "Web"
    synced.dynamics.control.edit(
        "rename_option", table="lead", column="leadsourcecode", value=8, label="Website"
    )
    load_plan(synced.engine, refresh=True)
    synced.edit_person(person, city="Lund")
    synced.cycle()
    assert synced.row(row)["leadsourcecode"] == 8
    synced.edit_row(row, leadsourcecode=9)
    synced.cycle()
    synced.edit_row(row, leadsourcecode=8)
    synced.cycle()
    assert synced.person(person)["leadSource"] == "Website"


def test_s117_a_dropped_column_suspends_its_field_and_the_rest_goes_on(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.dynamics.control.edit("drop_column", table="lead", column="jobtitle")
    synced.edit_row(row, address1_city="Lund")
    synced.edit_person(person, title="CFO", phone="1")
    synced.cycle()
    assert synced.person(person)["city"] == "Lund"
    assert synced.person(person)["title"] == "CFO"
    assert synced.row(row)["telephone1"] == "1"
    [reason] = load_plan(synced.engine).suspended
    assert "jobtitle" in reason


def test_s118_a_retyped_column_suspends_its_field(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.dynamics.control.edit("retype_column", table="lead", column="jobtitle", type="Integer")
    synced.edit_person(person, title="CFO", phone="1")
    load_plan(synced.engine, refresh=True)
    synced.cycle()
    assert synced.row(row)["telephone1"] == "1"
    [reason] = load_plan(synced.engine).suspended
    assert "jobtitle" in reason
