"""Schemas that move under a running sync (S061, S117, S118)."""

from __future__ import annotations

import json

import pytest

from leadsync.cycle.gather import relabelled
from support.mapped import add_column, add_field, remap
from support.synced import Synced


def rename(synced: Synced, table: str, column: str, value: int, label: str) -> None:
    """A customiser renames an option."""
    synced.dynamics.control.edit(
        "rename_option", table=table, column=column, value=value, label=label
    )
    synced.forget_schemas()


def test_s061_a_renamed_label_reaches_everybody_who_shows_it(synced: Synced) -> None:
    """Once, by a write of that field alone; also one who is held, changed or typed it again."""
    quiet, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    moved, _ = synced.linked(leadsourcecode=8, emailaddress1="b@example.com")
    other, _ = synced.linked(leadsourcecode=9, emailaddress1="c@example.com")
    assert synced.person(quiet)["leadSource"] == "Web"
    rename(synced, "lead", "leadsourcecode", 8, "Webbsajt")
    synced.edit_person(moved, leadSource="Word of Mouth", city="Lund")
    planned = synced.plan()["changes"]
    assert [c["fields"] for c in planned if c["direction"] == "to_marketo"] == [
        [{"field": "leadSource", "from": "8", "to": "8"}]
    ]
    synced.cycle()
    shown = {person: synced.person(person)["leadSource"] for person in (quiet, moved, other)}
    assert shown == {quiet: "Webbsajt", moved: "Word of Mouth", other: "Word of Mouth"}
    assert synced.row(row)["leadsourcecode"] == 8
    [told] = [e for e in synced.story(quiet, "written") if e["field"] == "leadSource"]
    assert told["rule"] == "option renamed in Dynamics"
    synced.forget_calls()
    synced.cycle()
    synced.edit_person(quiet, leadSource="Web", title="CTO")
    synced.cycle()
    assert (synced.row(row)["leadsourcecode"], synced.row(row)["jobtitle"]) == (8, "CTO")
    assert synced.record_writes() == 1
    assert synced.held() == []


def test_s061_labels_of_accounts_and_several_choices_reach_their_people_too(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few persons a cycle, and also when the mapping changes at the same time."""
    monkeypatch.setattr(relabelled, "MOST_PERSONS", 1)
    monkeypatch.setattr(relabelled, "AT_ONCE", 1)
    add_column(
        synced,
        "new_colours",
        "MultiSelectPicklist",
        table="contact",
        options=[[1, "Red"], [2, "Green"], [3, "Blue"]],
    )
    add_field(synced, "colours", "string")
    account = synced.new_row("account", name="Volvo", industrycode=1)
    colours = {"marketo": "colours", "contact": "new_colours"}
    remap(synced, colours)
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    people = [
        synced.linked("contact", emailaddress1=f"{n}@example.com", new_colours="1,3", **bind)[0]
        for n in range(2)
    ]
    rename(synced, "account", "industrycode", 1, "Bokföring")
    remap(synced, colours, title={"rule": "newest_wins"})
    rename(synced, "contact", "new_colours", 3, "Blå")
    for _ in range(4):
        synced.cycle()
    shown = [(synced.person(p)["industry"], synced.person(p)["colours"]) for p in people]
    assert shown == [("Bokföring", "Red;Blå")] * 2
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s061_a_renamed_label_is_noticed_when_it_ends_the_delta_link(synced: Synced) -> None:
    """Schemas are read hourly; a change of one may end delta links, which shows it at once."""
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    synced.dynamics.control.settings(metadata_change_expires_tokens=True)
    synced.dynamics.control.edit(
        "rename_option", table="lead", column="leadsourcecode", value=8, label="Webbsajt"
    )
    synced.edit_row(row, jobtitle="CTO")
    synced.cycle()
    assert synced.person(person)["leadSource"] == "Webbsajt"
    assert synced.person(person)["title"] == "CTO"


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


def test_an_option_that_was_added_lets_the_field_through_that_waited_for_it(
    synced: Synced,
) -> None:
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    other, other_row = synced.linked(leadsourcecode=8, emailaddress1="b@example.com")
    synced.edit_person(person, leadSource="Podcast", phone="1")
    synced.cycle()
    assert (synced.row(row)["leadsourcecode"], synced.row(row)["telephone1"]) == (8, "1")
    [item] = json.loads(synced.command("quarantine", "list", "--json").stdout)
    assert [(f["field"], f["rule"]) for f in item["failures"]] == [("leadsourcecode", "option")]
    add_option(synced, 4711, "Podcast")
    synced.edit_row(other_row, leadsourcecode=4711)
    synced.cycle()
    assert synced.row(row)["leadsourcecode"] == 4711
    assert synced.person(other)["leadSource"] == "Podcast"
    report = synced.reports[-1]
    assert report["suspended"] == []
    assert report["rule_changes"]
    assert all("Options added: 4711" in str(change) for change in report["rule_changes"])
    assert json.loads(synced.command("quarantine", "list", "--json").stdout) == []
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s062_a_second_option_with_the_same_label_suspends_its_field_only(synced: Synced) -> None:
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    add_option(synced, 4711, "Web")
    synced.edit_person(person, leadSource="Advertisement", phone="1")
    synced.cycle()
    assert (synced.row(row)["leadsourcecode"], synced.row(row)["telephone1"]) == (8, "1")
    [reason] = synced.reports[-1]["suspended"]
    assert "leadsourcecode" in reason
    assert "Web" in reason
    assert any(told.startswith("suspended fields: 1") for told in synced.reports[-1]["degraded"])


def add_option(synced: Synced, value: int, label: str) -> None:
    """Let a customiser add a lead source."""
    synced.dynamics.control.edit(
        "add_option", table="lead", column="leadsourcecode", value=value, label=label
    )
    synced.forget_schemas()
