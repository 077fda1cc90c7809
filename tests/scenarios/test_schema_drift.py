"""Schemas that move under a running sync (S061, S117, S118)."""

from __future__ import annotations

import json

from support.synced import Synced


def test_s061_a_renamed_label_is_still_understood(synced: Synced) -> None:
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    assert synced.person(person)["leadSource"] == "Web"
    synced.dynamics.control.edit(
        "rename_option", table="lead", column="leadsourcecode", value=8, label="Website"
    )
    synced.forget_schemas()
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
    [reason] = synced.reports[-1]["suspended"]
    assert "jobtitle" in reason


def test_s117_a_suspended_field_is_told_everywhere(synced: Synced) -> None:
    synced.linked(emailaddress1="a@example.com")
    synced.dynamics.control.edit("drop_column", table="lead", column="jobtitle")
    synced.forget_schemas()
    cycle = synced.command("cycle")
    assert "Suspended:" in cycle.stderr
    assert "jobtitle" in cycle.stderr
    [reason] = json.loads(synced.command("status", "--json").stdout)["suspended"]
    assert "jobtitle" in reason
    doctor = synced.command("doctor")
    assert doctor.returncode == 2
    assert "1 field is suspended" in doctor.stdout
    assert "jobtitle" in doctor.stdout


def test_s118_a_retyped_column_suspends_its_field(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO", emailaddress1="a@example.com")
    synced.dynamics.control.edit("retype_column", table="lead", column="jobtitle", type="Integer")
    synced.edit_person(person, title="CFO", phone="1")
    synced.forget_schemas()
    synced.cycle()
    assert synced.row(row)["telephone1"] == "1"
    [reason] = synced.reports[-1]["suspended"]
    assert "jobtitle" in reason
