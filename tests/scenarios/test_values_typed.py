"""Choices, Booleans, dates, money and numbers (semantics.md 8.E)."""

from __future__ import annotations

import pytest

from leadsync.errors import MappingError
from support.altered import altered
from support.mapped import add_column, add_field, remap
from support.synced import Synced

COLOURS = [[1, "Red"], [2, "Green"], [3, "Blue"]]


def quiet(synced: Synced) -> bool:
    """Whether two more cycles write nothing on either side."""
    synced.forget_calls()
    synced.cycle()
    synced.cycle()
    return synced.record_writes() == 0


def test_s059_an_unknown_option_holds_its_field_only(synced: Synced) -> None:
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    synced.edit_person(person, leadSource="Webinar 2025", city="Lund")
    synced.cycle()
    assert synced.row(row)["address1_city"] == "Lund"
    assert synced.row(row)["leadsourcecode"] == 8
    [item] = synced.held()
    assert item["record_key"].endswith(":leadSource")
    assert "unknown option" in item["failures"][0]["message"]
    assert item["failures"][0]["value"] == "Webinar 2025"


def test_s059_on_hold_record_the_record_waits(synced: Synced) -> None:
    remap(synced, leadSource={"on_invalid": "hold_record"})
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, leadSource="Webinar 2025", city="Lund")
    synced.cycle()
    assert synced.row(row)["address1_city"] is None


def test_s059_an_option_stands_for_unknown_ones_by_policy(synced: Synced) -> None:
    other = {"on_invalid": "default_on_create", "default_on_create": "Other"}
    remap(synced, leadSource=other)
    person, row = synced.linked(leadsourcecode=8, emailaddress1="a@example.com")
    new = synced.new_person(lastName="Ek", email="b@example.com", leadSource="Messe Köln")
    synced.edit_person(person, leadSource="Webinar 2025", city="Lund")
    synced.sync_person(new)
    synced.cycle()
    made = str(synced.person(new)["leadsyncDynamicsId"])
    assert synced.row(row)["leadsourcecode"] == synced.row(made)["leadsourcecode"] == 10
    assert synced.row(row)["address1_city"] == "Lund"
    assert quiet(synced)
    assert synced.held() == []
    assert synced.person(person)["leadSource"] == "Webinar 2025"
    assert synced.person(new)["leadSource"] == "Messe Köln"
    synced.edit_row(row, leadsourcecode=9)
    synced.cycle()
    assert synced.person(person)["leadSource"] == "Word of Mouth"


def test_s060_a_label_is_found_without_case_and_extra_blanks(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, leadSource=" word  OF mouth")
    synced.cycle()
    assert synced.row(row)["leadsourcecode"] == 9
    assert quiet(synced)


def test_s062_two_options_of_one_label_are_refused_before_anything_is_written(
    synced: Synced,
) -> None:
    synced.dynamics.control.edit(
        "rename_option", table="lead", column="leadsourcecode", value=9, label="Web"
    )
    synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    with pytest.raises(MappingError, match="Web"):
        synced.cycle()
    assert synced.people() == []


def test_s063_a_multi_select_compares_as_a_set(synced: Synced) -> None:
    add_column(synced, "new_colours", "MultiSelectPicklist", options=COLOURS)
    add_field(synced, "colours", "string")
    remap(synced, {"marketo": "colours", "lead": "new_colours"})
    person, row = synced.linked(emailaddress1="a@example.com", new_colours="1,3")
    assert synced.person(person)["colours"] == "Red;Blue"
    synced.edit_person(person, colours="Blue;Red")
    assert quiet(synced)
    synced.edit_person(person, colours="Blue;Green")
    synced.cycle()
    assert set(synced.row(row)["new_colours"].split(",")) == {"2", "3"}


def test_s064_an_unset_boolean_is_false(synced: Synced) -> None:
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    synced.edit_row(row, donotbulkemail=None)
    synced.cycle()
    person = int(synced.person_of(row)["id"])
    assert quiet(synced)
    assert synced.row(row)["donotbulkemail"] is None
    assert synced.person(person)["unsubscribed"] is False


def test_s064_an_unset_boolean_is_true_where_the_mapping_says_so(synced: Synced) -> None:
    remap(synced, doNotCall={"when_null": True})
    row = synced.new_row("contact", lastname="Ek", emailaddress1="a@example.com")
    synced.edit_row(row, "contact", donotphone=None)
    synced.cycle()
    person = int(synced.person_of(row)["id"])
    assert synced.person(person)["doNotCall"] is True
    assert quiet(synced)
    assert synced.row(row, "contact")["donotphone"] is None
    synced.edit_person(person, doNotCall=False)
    synced.cycle()
    assert synced.row(row, "contact")["donotphone"] is False


@pytest.mark.parametrize("day", ["2025-03-30", "2025-10-26", "2025-11-02"])
def test_s065_a_date_is_the_same_day_in_every_zone(synced: Synced, day: str) -> None:
    """Days on which Stockholm or Chicago move their clocks; a date carries no zone to shift by."""
    remap(synced, {"marketo": "dateOfBirth", "contact": "birthdate"})
    person, row = synced.linked("contact", emailaddress1="a@example.com", birthdate=day)
    assert synced.person(person)["dateOfBirth"] == day
    assert quiet(synced)
    synced.edit_person(person, dateOfBirth="1999-12-31")
    synced.cycle()
    assert synced.row(row, "contact")["birthdate"] == "1999-12-31"
    assert quiet(synced)


def test_s066_an_instant_is_kept_in_utc_to_the_second(synced: Synced) -> None:
    add_field(synced, "heldAt", "datetime")
    remap(synced, {"marketo": "heldAt", "contact": "lastonholdtime"})
    person, row = synced.linked(
        "contact", emailaddress1="a@example.com", lastonholdtime="2025-10-26T00:30:00Z"
    )
    assert synced.person(person)["heldAt"] == "2025-10-26T00:30:00Z"
    assert quiet(synced)
    synced.edit_person(person, heldAt="2025-10-26T02:30:01+02:00")
    synced.cycle()
    assert synced.row(row, "contact")["lastonholdtime"] == "2025-10-26T00:30:01Z"
    assert quiet(synced)


def test_s066_parts_of_a_second_are_no_change(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_field(synced, "heldAt", "datetime")
    remap(synced, {"marketo": "heldAt", "contact": "lastonholdtime"})
    person, row = synced.linked(
        "contact", emailaddress1="a@example.com", lastonholdtime="2025-10-26T00:30:00Z"
    )
    synced.edit_person(person, city="Lund")
    synced.edit_row(row, "contact", jobtitle="CTO")
    with altered(monkeypatch, _with_fractions):
        synced.cycle()
    written = {(line["side"], line["field"]) for line in synced.story(person, "written")}
    assert written == {("dynamics", "city"), ("marketo", "title")}
    assert quiet(synced)


def _with_fractions(path: str, body: bytes, kind: str) -> bytes:
    fraction = b"00:30:00.700Z" if path.startswith("/rest/") else b"00:30:00.3000000Z"
    return body.replace(b"00:30:00Z", fraction)


def test_s067_money_compares_by_amount_and_is_rounded_once(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com", revenue=100)
    synced.edit_person(person, annualRevenue=100.00)
    assert quiet(synced)
    synced.edit_person(person, annualRevenue=12.345)
    synced.cycle()
    assert synced.row(row)["revenue"] == 12.34  # half to even, at the column's two decimals
    assert synced.person(person)["annualRevenue"] == 12.345
    assert quiet(synced)
    synced.edit_row(row, jobtitle="CTO")
    synced.edit_person(person, annualRevenue=12.3401, city="Lund")
    synced.cycle()
    written = {(line["side"], line["field"]) for line in synced.story(person, "written")}
    assert written - {("dynamics", "annualRevenue")} == {("dynamics", "city"), ("marketo", "title")}
    assert synced.row(row)["revenue"] == 12.34
    synced.edit_row(row, revenue=12.35)
    synced.cycle()
    assert synced.person(person)["annualRevenue"] == 12.35
    assert quiet(synced)


@pytest.mark.parametrize("number", [2_000_000, -1])
def test_s068_a_number_out_of_range_is_an_error_of_its_field(synced: Synced, number: int) -> None:
    remap(synced, {"marketo": "numberOfEmployees", "lead": "numberofemployees"})
    person, row = synced.linked(emailaddress1="a@example.com", numberofemployees=5)
    synced.edit_person(person, numberOfEmployees=number)
    synced.cycle()
    assert synced.row(row)["numberofemployees"] == 5
    assert synced.held()[0]["failures"][0]["field"] == "numberofemployees"


def test_s068_text_for_a_number_column_is_an_error_of_its_field(synced: Synced) -> None:
    add_field(synced, "headcount", "string")
    remap(synced, {"marketo": "headcount", "lead": "numberofemployees"})
    person, row = synced.linked(emailaddress1="a@example.com", numberofemployees=5)
    synced.edit_person(person, headcount="many")
    synced.cycle()
    assert synced.row(row)["numberofemployees"] == 5
    [failure] = synced.held()[0]["failures"]
    assert (failure["field"], failure["value"]) == ("numberofemployees", "many")


def test_s071_a_read_only_column_goes_to_marketo_only_and_the_plan_says_so(
    synced: Synced,
) -> None:
    add_field(synced, "fullNameInDynamics", "string")
    remap(synced, {"marketo": "fullNameInDynamics", "lead": "fullname"})
    person, row = synced.linked(firstname="Eva", emailaddress1="a@example.com")
    assert synced.person(person)["fullNameInDynamics"] == "Eva Ek"
    synced.edit_person(person, fullNameInDynamics="Somebody else")
    synced.cycle()
    assert synced.row(row)["fullname"] == "Eva Ek"
    doctor = synced.command("doctor")
    assert "to_marketo only" in doctor.stdout
    assert "fullname" in doctor.stdout
