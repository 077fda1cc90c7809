"""Owner fields: who owns a record, in the fields of its person (semantics.md 1, 8.I)."""

from __future__ import annotations

import pytest

from support.mapped import add_field, relate
from support.synced import Synced

OWNER = (
    {"marketo": "ownerName", "user": "fullname"},
    {"marketo": "ownerEmail", "user": "internalemailaddress"},
)


@pytest.fixture
def owned(synced: Synced) -> Synced:
    """Stand-ins whose owner fields are mapped."""
    add_field(synced, "ownerName", "string")
    add_field(synced, "ownerEmail", "email")
    relate(synced, owner=OWNER)
    return synced


def new_user(synced: Synced, name: str) -> str:
    """An administrator creates a user."""
    email = f"{name.lower()}@sales.example"
    return synced.new_row(
        "systemuser", firstname=name, lastname="Sales", internalemailaddress=email, domainname=email
    )


def new_team(synced: Synced, name: str) -> str:
    """An administrator creates a team."""
    return synced.new_row("team", name=name)


def assign(synced: Synced, lead: str, owner: str) -> None:
    """A user assigns a lead; ``owner`` is an address such as ``/teams(id)``."""
    synced.dynamics.control.edit("assign", table="lead", id=lead, owner=owner)


def test_the_owner_of_a_lead_shows_and_changes_with_it(owned: Synced) -> None:
    ann, bo = new_user(owned, "Ann"), new_user(owned, "Bo")
    person, lead = owned.linked(emailaddress1="a@example.com")
    assign(owned, lead, f"/systemusers({ann})")
    owned.cycle()
    assert owned.person(person)["ownerEmail"] == "ann@sales.example"
    assign(owned, lead, f"/systemusers({bo})")
    owned.cycle()
    assert owned.person(person)["ownerName"] == "Bo Sales"
    owned.edit_row(bo, "systemuser", lastname="Marketing")
    owned.cycle()
    assert owned.person(person)["ownerName"] == "Bo Marketing"


def test_s106_a_team_as_owner_shows_its_name(owned: Synced) -> None:
    person, lead = owned.linked(emailaddress1="a@example.com")
    assign(owned, lead, f"/teams({new_team(owned, 'Nordics')})")
    owned.cycle()
    assert owned.person(person)["ownerName"] == "Nordics"
    assert owned.person(person)["ownerEmail"] is None
    [note] = [line for line in owned.command("doctor").stdout.splitlines() if "ownerEmail" in line]
    assert "empty when a team owns the record" in note


def test_s106_a_team_shows_the_configured_fallback(owned: Synced) -> None:
    fallback = {"marketo": "ownerEmail", "user": "internalemailaddress", "when_team": "x@b.example"}
    relate(owned, owner=[OWNER[0], fallback])
    person, lead = owned.linked(emailaddress1="a@example.com")
    assign(owned, lead, f"/teams({new_team(owned, 'Nordics')})")
    owned.cycle()
    assert owned.person(person)["ownerEmail"] == "x@b.example"


def test_s107_a_disabled_owner_stops_no_unrelated_change(owned: Synced) -> None:
    ann = new_user(owned, "Ann")
    person, lead = owned.linked(emailaddress1="a@example.com")
    assign(owned, lead, f"/systemusers({ann})")
    owned.cycle()
    owned.dynamics.control.edit("deactivate", table="systemuser", id=ann)
    owned.edit_person(person, city="Lund")
    owned.edit_row(lead, jobtitle="CTO")
    owned.cycle()
    assert owned.row(lead)["address1_city"] == "Lund"
    assert owned.row(lead)["_ownerid_value"] == ann
    found = owned.person(person)
    assert (found["title"], found["ownerName"]) == ("CTO", "Ann Sales")
    assert owned.held() == []
