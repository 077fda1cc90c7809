"""Cycles come to the same end when both systems answer in other documented shapes."""

from __future__ import annotations

import pytest

from support.altered import Alter, altered, shouting, sparse, talkative, terse
from support.synced import Synced


@pytest.mark.parametrize("alter", [sparse, talkative, shouting, terse])
def test_answers_in_another_shape_make_no_difference(
    synced: Synced, monkeypatch: pytest.MonkeyPatch, alter: Alter
) -> None:
    with altered(monkeypatch, alter):
        changing, gone = (
            synced.new_row(lastname="Ek", emailaddress1=f"{n}@example.com") for n in "ab"
        )
        contact = synced.new_row("contact", lastname="Ek", emailaddress1="c@example.com")
        synced.cycle()
        person, lost = (int(synced.person_of(row)["id"]) for row in (changing, gone))
        synced.edit_person(person, phone="+46 8 1")
        synced.edit_person(int(synced.person_of(contact)["id"]), title="CFO")
        synced.edit_row(changing, jobtitle="CTO")
        synced.dynamics.control.edit("delete", table="lead", id=gone)
        synced.cycle()
        synced.edit_person(person, phone="+46 8 2")
        synced.cycle()
        synced.forget_calls()
        synced.cycle()
    assert synced.record_writes() == 0
    assert synced.person(person)["title"] == "CTO"
    assert synced.row(changing)["telephone1"] == "+46 8 2"
    assert synced.row(contact, "contact")["jobtitle"] == "CFO"
    assert synced.person(lost)["leadsyncDynamicsDeleted"] is True
    assert len(synced.people()) == 3
