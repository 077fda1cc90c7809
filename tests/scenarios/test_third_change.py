"""A user edits a person right before our write: Marketo cannot refuse it (semantics.md 2)."""

from __future__ import annotations

import pytest

from support.mapped import remap
from support.synced import Synced


def write_over(synced: Synced, table: str, phone: str = "2", **others: object) -> tuple[int, str]:
    """A pair whose person a user has given a phone that our write went over, and other values."""
    person, row = synced.linked(table, telephone1="1", emailaddress1="a@example.com")
    synced.edit_row(row, table, telephone1="3")
    edit = {"operation": "update", "id": person, "fields": {"phone": phone, **others}}
    match = {"path": "/rest/v1/leads.json", "method": "POST"}
    synced.marketo.control.faults("edit_before_write", match=match, params={"edit": edit})
    synced.cycle()
    assert synced.person(person)["phone"] == "3"
    return person, row


@pytest.mark.parametrize(("table", "winner"), [("lead", "2"), ("contact", "3")])
def test_a_change_that_our_write_went_over_is_judged_by_the_rule(
    synced: Synced, table: str, winner: str
) -> None:
    person, row = write_over(synced, table)
    synced.cycle()
    assert synced.person(person)["phone"] == winner
    assert synced.row(row, table)["telephone1"] == winner
    events = synced.engine.store.journal(marketo_ids=[person])
    [lost] = [event for event in events if event["kind"] == "collision"]
    assert (lost["base"], lost["marketo"], lost["dynamics"]) == ("1", "2", "3")
    for _ in range(2):
        synced.forget_calls()
        synced.cycle()
        assert synced.record_writes() == 0
    assert synced.engine.store.journal(marketo_ids=[person]) == events


@pytest.mark.parametrize(
    ("phone", "others"),
    [("call me", {"city": "Lund"}), ("2", {"firstName": "x" * 60, "unsubscribed": True})],
    ids=["the field is held alone", "only the opt-out of the record goes out"],
)
def test_a_change_that_dynamics_does_not_get_is_not_lost(
    synced: Synced, phone: str, others: dict[str, object]
) -> None:
    """It is back in Marketo, and nothing that Dynamics has goes over it until it is mended."""
    remap(synced, phone={"on_invalid": "hold_field", "rule": "marketo_wins"})
    person, row = write_over(synced, "lead", phone, **others)
    for number in range(3):
        synced.cycle()
        assert (synced.person(person)["phone"], synced.row(row)["telephone1"]) == (phone, "3")
        synced.edit_row(row, jobtitle=f"T{number}")
    synced.edit_person(person, phone="4", firstName="Eva")
    synced.cycle()
    assert synced.person(person)["phone"] == synced.row(row)["telephone1"] == "4"
    assert synced.held() == []
