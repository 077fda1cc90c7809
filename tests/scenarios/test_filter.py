"""The sync filter ``new_synctomkto``: only an explicit No keeps a record out (semantics.md 8.G)."""

from __future__ import annotations

import pytest

from support.synced import Synced


def test_s082_an_explicit_no_keeps_a_lead_out(synced: Synced) -> None:
    synced.new_row(lastname="Ek", emailaddress1="a@example.com", new_synctomkto=False)
    synced.cycle()
    assert synced.people() == []
    assert synced.counts("to_marketo")["out_of_scope"] == 1


@pytest.mark.parametrize("flag", [None, True])
def test_s082_a_blank_value_or_yes_lets_a_lead_in(synced: Synced, flag: bool | None) -> None:
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com", new_synctomkto=flag)
    synced.cycle()
    assert synced.person_of(row)["lastName"] == "Ek"


def test_s082_without_the_column_all_leads_are_in(synced: Synced) -> None:
    for table in ("lead", "contact"):
        synced.dynamics.control.edit("drop_column", table=table, column="new_synctomkto")
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    synced.cycle()
    assert synced.person_of(row)["lastName"] == "Ek"


def test_s083_no_to_yes_makes_a_person_with_all_mapped_values(synced: Synced) -> None:
    fields = {"jobtitle": "CTO", "address1_city": "Lund", "telephone1": "1"}
    row = synced.new_row(lastname="Ek", new_synctomkto=False, **fields)
    synced.cycle()
    synced.edit_row(row, new_synctomkto=True)
    synced.cycle()
    person = synced.person_of(row)
    assert (person["title"], person["city"], person["phone"]) == ("CTO", "Lund", "1")


def test_s084_no_to_yes_compares_both_sides_with_the_base(synced: Synced) -> None:
    """Each side's own changes from the time between go over; a clash goes by the type's rule."""
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_row(row, new_synctomkto=False)
    synced.cycle()
    synced.edit_row(row, address1_city="Lund", jobtitle="C")
    synced.edit_person(person, phone="2", title="B")
    synced.cycle()
    synced.edit_row(row, new_synctomkto=True)
    synced.cycle()
    assert synced.person(person)["city"] == "Lund"
    assert synced.row(row)["telephone1"] == "2"
    assert synced.person(person)["title"] == synced.row(row)["jobtitle"] == "B"


def test_s085_yes_to_no_keeps_the_person_and_ends_its_updates(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_row(row, new_synctomkto=False)
    synced.cycle()
    synced.edit_row(row, jobtitle="B")
    synced.cycle()
    kept = synced.person(person)
    assert kept["title"] == "A"
    assert kept["leadsyncDynamicsDeleted"] is False


def test_s086_after_yes_to_no_marketo_changes_stay_in_marketo(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_row(row, new_synctomkto=False)
    synced.cycle()
    synced.edit_person(person, title="B")
    synced.cycle()
    assert synced.row(row)["jobtitle"] == "A"
    assert synced.counts("to_dynamics")["out_of_scope"] == 1
    assert len(synced.story(person, "out_of_scope")) == 1


def test_s087_a_flag_that_flips_twice_between_cycles_changes_nothing(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_row(row, new_synctomkto=False)
    synced.edit_row(row, jobtitle="B")
    synced.edit_row(row, new_synctomkto=True)
    synced.cycle()
    assert synced.person(person)["title"] == "B"
    assert synced.story(person, "out_of_scope") == []


def test_s091_a_field_changed_in_the_same_save_as_no_is_not_sent(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com", jobtitle="CTO")
    synced.edit_row(row, new_synctomkto=False, jobtitle="CIO")
    synced.cycle()
    assert synced.person(person)["title"] == "CTO"
