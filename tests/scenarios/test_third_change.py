"""A user edits a person right before our write: Marketo cannot refuse it (semantics.md 2)."""

from __future__ import annotations

import pytest

from support.synced import Synced


def write_over(synced: Synced, table: str) -> tuple[int, str]:
    """A pair whose person a user has given a phone and a consent that our write went over."""
    person, row = synced.linked(table, telephone1="1", emailaddress1="a@example.com")
    synced.edit_row(row, table, telephone1="3")
    edit = {"operation": "update", "id": person, "fields": {"phone": "2"}}
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
