"""Records that are deleted, closed or restored (semantics.md 5 and 8.F)."""

from __future__ import annotations

import pytest

from leadsync.cycle.decide.guards import MassDeleteError
from leadsync.cycle.gather.closing_rows import DeactivateLimitError
from support.mapped import remap
from support.synced import Synced


def test_s073_a_deleted_person_leaves_its_lead_untouched(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    before = synced.row(row)
    synced.marketo.control.edit("delete", id=person)
    synced.cycle()
    assert synced.row(row) == before
    assert synced.people() == []


def test_s074_with_suppress_a_deleted_person_stays_away(synced: Synced) -> None:
    remap(synced, policies={"on_marketo_delete": "suppress"})
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.marketo.control.edit("delete", id=person)
    synced.cycle()
    synced.edit_row(row, jobtitle="CIO")
    synced.cycle()
    assert synced.people() == []


def test_s075_a_deletion_beats_a_change_of_the_person(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com", telephone1="1")
    synced.edit_person(person, phone="+46 8 1")
    synced.dynamics.control.edit("delete", table="lead", id=row)
    synced.forget_calls()
    for _ in range(2):
        synced.cycle()
    assert {e["status"] for e in synced.dynamics.control.journal()} == {200}
    [kept] = synced.story(person, "cancelled")
    assert (kept["field"], kept["base"], kept["marketo"]) == ("phone", "1", "+46 8 1")
    assert kept["rule"] == "deleted in Dynamics"
    assert synced.person(person)["leadsyncDynamicsDeleted"] is True
    assert synced.person(person)["phone"] == "+46 8 1"
    assert synced.engine.store.deferred() == []
    assert synced.engine.store.quarantine(statuses=("open",)) == []


@pytest.mark.parametrize(("table", "status"), [("lead", "Disqualified"), ("contact", "Inactive")])
def test_s077_a_closed_row_still_tells_its_status_and_is_not_flagged(
    synced: Synced, table: str, status: str
) -> None:
    person, row = synced.linked(table, emailaddress1="a@example.com")
    synced.dynamics.control.edit("deactivate", table=table, id=row)
    synced.edit_row(row, table, jobtitle="CIO")
    synced.cycle()
    assert synced.person(person)["leadStatus"] == status
    assert synced.person(person)["title"] == "CIO"
    assert synced.person(person)["leadsyncDynamicsDeleted"] is False


def test_s078_the_lead_of_a_deleted_person_is_closed_by_policy(synced: Synced) -> None:
    remap(synced, policies={"on_marketo_delete": "deactivate"})
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.marketo.control.edit("delete", id=person)
    for _ in range(2):
        synced.cycle()
    assert (synced.row(row)["statecode"], synced.people()) == (2, [])


def test_s078_one_deletion_above_the_limit_stops_them_all(synced: Synced) -> None:
    remap(synced, policies={"on_marketo_delete": "deactivate", "deactivate_limit": 1})
    pairs = [synced.linked(emailaddress1=f"p{n}@example.com") for n in range(2)]
    for person, _ in pairs:
        synced.marketo.control.edit("delete", id=person)
    with pytest.raises(DeactivateLimitError, match="deactivate_limit allows 1"):
        synced.cycle()
    assert [synced.row(row)["statecode"] for _, row in pairs] == [0, 0]


def test_s079_a_mass_delete_stops_the_cycle_before_it_flags_anybody(synced: Synced) -> None:
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"p{n}@example.com") for n in range(10)]
    synced.cycle()
    for row in rows[:3]:
        synced.dynamics.control.edit("delete", table="lead", id=row)
    with pytest.raises(MassDeleteError, match="3 of 10"):
        synced.cycle()
    assert not any(person["leadsyncDynamicsDeleted"] for person in synced.people())


def test_s080_a_restored_lead_goes_on_with_its_person(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com", jobtitle="CTO")
    [link] = synced.engine.store.links_of_persons([person])
    synced.dynamics.control.edit("delete", table="lead", id=row)
    synced.cycle()
    synced.edit_person(person, title="CIO")
    synced.dynamics.control.edit("restore", table="lead", id=row)
    synced.cycle()
    assert synced.person_of(row)["id"] == person
    assert synced.person(person)["leadsyncDynamicsDeleted"] is False
    assert synced.row(row)["jobtitle"] == "CIO"
    [reopened] = synced.engine.store.links_of_persons([person])
    assert (reopened["link_id"], reopened["status"]) == (link["link_id"], "open")
