"""What Dynamics creates and changes, and what it must not (semantics.md 8.C)."""

from __future__ import annotations

import pytest

from support.mapped import remap
from support.synced import Synced


def test_s034_an_email_of_a_linked_person_is_reported_not_relinked(synced: Synced) -> None:
    person, contact = synced.linked("contact", emailaddress1="a@example.com")
    synced.new_row(lastname="Ny", emailaddress1="A@example.com")
    synced.cycle()
    assert [int(p["id"]) for p in synced.people()] == [person]
    assert synced.person_of(contact)["id"] == person
    [item] = synced.held()
    assert item["failures"][0]["rule"] == "already_linked"
    assert str(person) in item["failures"][0]["message"]
    assert contact in item["failures"][0]["message"]


def test_s034_an_email_of_a_linked_person_makes_a_second_one_by_policy(synced: Synced) -> None:
    remap(synced, policies={"on_email_taken": "create"})
    person, contact = synced.linked("contact", emailaddress1="a@example.com")
    rows = [synced.new_row(lastname="Ny", emailaddress1="A@example.com") for _ in range(2)]
    synced.cycle()
    assert synced.person_of(contact)["id"] == person
    made = {synced.person_of(row)["id"] for row in rows}
    assert len(made - {person}) == 2
    assert synced.held() == []
    synced.cycle()
    assert len(synced.people()) == 3


@pytest.mark.parametrize("table", ["lead", "contact"])
def test_s035_with_the_email_rule_on_it_becomes_a_person_once_it_has_one(
    synced: Synced, table: str
) -> None:
    remap(synced, policies={"require_email": True})
    row = synced.new_row(table, lastname="Ek", emailaddress1=None)
    synced.cycle()
    assert synced.people() == []
    assert synced.counts("to_marketo", table)["out_of_scope"] == 1
    synced.edit_row(row, table, emailaddress1="a@example.com")
    synced.cycle()
    person = int(synced.person_of(row)["id"])
    synced.edit_row(row, table, emailaddress1=None)
    synced.cycle()
    assert synced.person(person)["email"] is None


def test_s035_a_lead_without_email_becomes_a_person_without_one(synced: Synced) -> None:
    row = synced.new_row(lastname="Ek")
    synced.cycle()
    assert synced.person_of(row)["email"] is None


def test_s036_our_own_writes_come_back_and_die(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="B")
    synced.cycle()
    assert synced.row(row)["jobtitle"] == "B"
    synced.forget_calls()
    synced.cycle()
    assert synced.counts("to_marketo")["unchanged"] == 1
    assert synced.record_writes() == 0


def test_s037_a_change_by_our_own_user_from_another_tool_is_synchronised(synced: Synced) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, city="Lund")
    synced.cycle()
    us = synced.row(row)["_modifiedby_value"]
    synced.dynamics.control.edit(
        "update", table="lead", id=row, fields={"jobtitle": "B"}, as_user=us
    )
    assert synced.row(row)["_modifiedby_value"] == us
    synced.cycle()
    assert synced.person(person)["title"] == "B"
