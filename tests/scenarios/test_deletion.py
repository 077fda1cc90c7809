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


@pytest.mark.parametrize(("table", "closed"), [("lead", 2), ("contact", 1)])
def test_s078_as_many_rows_of_deleted_persons_are_closed_as_the_limit_allows(
    synced: Synced, table: str, closed: int
) -> None:
    """One more stops them all, until somebody raises the limit; nothing else is written either."""
    remap(synced, policies={"on_marketo_delete": "deactivate", "deactivate_limit": 2})
    pairs = [synced.linked(table, emailaddress1=f"p{n}@example.com") for n in range(6)]

    def delete(*numbers: int) -> list[int]:
        for number in numbers:
            synced.marketo.control.edit("delete", id=pairs[number][0])
        return [synced.row(row, table)["statecode"] for _, row in pairs]

    assert delete(0, 1) == [0] * 6
    for _ in range(2):
        synced.cycle()
    synced.edit_row(pairs[5][1], table, jobtitle="CIO")
    assert delete(2, 3, 4) == [closed, closed, 0, 0, 0, 0]
    synced.forget_calls()
    with pytest.raises(DeactivateLimitError, match="deactivate_limit allows 2"):
        synced.cycle()
    assert synced.record_writes() == 0
    remap(synced, policies={"on_marketo_delete": "deactivate", "deactivate_limit": 3})
    synced.cycle()
    assert delete() == [closed] * 5 + [0]
    assert [person["title"] for person in synced.people()] == ["CIO"]


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
