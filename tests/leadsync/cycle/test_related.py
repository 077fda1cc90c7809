"""Values of accounts and owners in their people's fields, in memory (semantics.md 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadsync.cycle.request.field_backfill import backfill_field
from leadsync.cycle.request.on_request import person_request
from leadsync.model import Json
from leadsync.state.port import Lease, LookupRow, StateChanges
from support.world import RELATED_MAPPING, World


@pytest.fixture
def world() -> World:
    """A world that maps company and owner fields."""
    return World(RELATED_MAPPING)


def employed(world: World, account: str | None, **values: Any) -> tuple[int, str]:
    """A contact of an account that has become a person; both ids."""
    return world.linked("contact", _parentcustomerid_value=account, **values)


def companies(world: World) -> list[tuple[str | None, str | None]]:
    """Company and billing city of all persons, oldest first."""
    return [(p["company"], p["billingCity"]) for _, p in sorted(world.marketo.people.items())]


def marketo_writes(world: World) -> list[Json]:
    """Persons written by the last cycle, without their ids."""
    return [
        {name: value for name, value in body.items() if name != "id"}
        for _, body in world.marketo.writes
    ]


def test_a_new_person_gets_the_values_of_its_account_and_owner(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo", address1_city="Gothenburg")
    user = world.dynamics.add("systemuser", fullname="Ann Sales", internalemailaddress="a@b.com")
    person, _ = employed(world, account, _ownerid_value=user)
    found = world.marketo.people[person]
    assert (found["company"], found["billingCity"]) == ("Volvo", "Gothenburg")
    assert (found["ownerName"], found["ownerEmail"]) == ("Ann Sales", "a@b.com")


def test_a_change_of_an_account_reaches_its_people_without_reading_them(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    for _ in range(3):
        employed(world, account)
    world.dynamics.edit("account", account, name="Volvo Cars")
    world.marketo.reads = 0
    report = world.cycle()
    assert companies(world) == [("Volvo Cars", None)] * 3
    assert marketo_writes(world) == [{"company": "Volvo Cars"}] * 3
    assert world.marketo.reads == 0
    assert world.dynamics.writes == []
    assert report["counts"]["to_marketo"]["contact"]["applied"] == 3
    world.cycle()
    assert world.writes == 0


def test_a_change_of_an_account_that_nobody_sees_moves_nothing(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    employed(world, account)
    world.dynamics.edit("account", account, telephone1="1")
    world.dynamics.add("account", name="Saab")
    world.cycle()
    assert world.writes == 0


def test_an_edit_in_marketo_stays_until_the_account_changes(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    person, row = employed(world, account)
    world.marketo.edit(person, company="My own")
    world.cycle()
    assert world.writes == 0
    world.dynamics.edit("contact", row, jobtitle="CTO")
    world.cycle()
    assert companies(world) == [("My own", None)]
    world.dynamics.edit("account", account, name="Volvo Cars")
    world.cycle()
    assert companies(world) == [("Volvo Cars", None)]


def test_another_account_brings_its_values_in_one_cycle(world: World) -> None:
    a = world.dynamics.add("account", name="A", address1_city="Lund")
    b = world.dynamics.add("account", name="B")
    _, row = employed(world, a, donotbulkemail=True)
    world.dynamics.edit("contact", row, _parentcustomerid_value=b)
    world.cycle()
    assert marketo_writes(world) == [{"company": "B", "billingCity": None}]
    world.dynamics.edit("account", a, name="A2")
    world.cycle()
    assert world.writes == 0
    world.dynamics.edit("account", b, name="B2")
    world.cycle()
    assert marketo_writes(world) == [{"company": "B2"}]


@pytest.mark.parametrize(("policy", "company"), [("clear", None), ("keep", "A")])
@pytest.mark.parametrize("deleted", [True, False])
def test_without_its_account_values_are_cleared_or_kept(
    policy: str, company: str | None, deleted: bool
) -> None:
    world = World({**RELATED_MAPPING, "policies": {"on_account_removed": policy}})
    account = world.dynamics.add("account", name="A")
    _, row = employed(world, account)
    if deleted:
        world.dynamics.delete("account", account)
    else:
        world.dynamics.edit("contact", row, _parentcustomerid_value=None)
    world.cycle()
    assert companies(world) == [(company, None)]
    world.cycle()
    assert world.writes == 0
    assert world.quarantined() == []


def test_a_deleted_account_clears_also_before_its_contacts_tell(world: World) -> None:
    account = world.dynamics.add("account", name="A")
    employed(world, account)
    del world.dynamics.rows["account"][account]
    world.dynamics.deleted["account"].append((10**9, account))
    world.cycle()
    assert companies(world) == [(None, None)]


def test_a_contact_that_never_had_an_account_keeps_what_its_person_entered(world: World) -> None:
    person = world.marketo.add(email="a@example.com", lastName="Ek", company="Entered")
    row = world.dynamics.add("contact", lastname="Ek", emailaddress1="a@example.com")
    world.cycle()
    assert world.person_of(row)["id"] == person
    assert companies(world) == [("Entered", None)]


def test_a_contact_of_a_contact_has_no_company(world: World) -> None:
    boss = world.dynamics.add("contact", lastname="Boss", new_synctomkto=False)
    employed(world, boss)
    assert companies(world) == [(None, None)]
    reads = world.dynamics.reads
    world.cycle()
    assert world.dynamics.reads == reads + 5  # a delta page per table
    assert world.quarantined() == []


def test_a_lead_has_the_values_of_its_parent_account(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    world.linked("lead", _parentaccountid_value=account)
    assert companies(world) == [("Volvo", None)]
    world.dynamics.edit("account", account, name="Volvo Cars")
    world.cycle()
    assert companies(world) == [("Volvo Cars", None)]


def test_a_team_as_owner_shows_its_name(world: World) -> None:
    user = world.dynamics.add("systemuser", fullname="Ann Sales", internalemailaddress="a@b.com")
    team = world.dynamics.add("team", name="Nordics")
    person, row = employed(world, None, _ownerid_value=user)
    world.dynamics.edit("contact", row, _ownerid_value=team)
    world.cycle()
    found = world.marketo.people[person]
    assert (found["ownerName"], found["ownerEmail"]) == ("Nordics", None)
    world.dynamics.edit("team", team, name="Nordics and Baltics")
    world.cycle()
    assert world.marketo.people[person]["ownerName"] == "Nordics and Baltics"


def test_a_team_shows_the_configured_text(world: World) -> None:
    owner = [{"marketo": "ownerEmail", "user": "internalemailaddress", "when_team": "s@b.com"}]
    world.mapping = {**RELATED_MAPPING, "owner": owner}
    team = world.dynamics.add("team", name="Nordics")
    person, _ = employed(world, None, _ownerid_value=team)
    assert world.marketo.people[person]["ownerEmail"] == "s@b.com"


def test_a_disabled_owner_changes_nothing_and_stops_nothing(world: World) -> None:
    user = world.dynamics.add("systemuser", fullname="Ann Sales")
    person, row = employed(world, None, _ownerid_value=user)
    world.dynamics.edit("systemuser", user, isdisabled=True)
    world.marketo.edit(person, city="Lund")
    world.cycle()
    assert world.dynamics.rows["contact"][row]["address1_city"] == "Lund"
    assert [write.body for write in world.dynamics.writes] == [{"address1_city": "Lund"}]
    assert world.marketo.people[person]["ownerName"] == "Ann Sales"


def test_a_record_waits_for_its_account_and_goes_on_when_it_appears(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    world.dynamics.hidden.add(account)
    world.dynamics.add("contact", lastname="Ek", _parentcustomerid_value=account)
    world.dynamics.add("contact", lastname="Ny")
    report = world.cycle()
    assert report["counts"]["to_marketo"]["contact"]["deferred"] == 1
    assert [p["lastName"] for p in world.marketo.people.values()] == ["Ny"]
    world.dynamics.hidden.clear()
    world.cycle()
    assert companies(world) == [(None, None), ("Volvo", None)]
    assert world.store.deferred() == []


def test_a_record_waits_no_longer_than_it_may_and_recovers_later(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    world.dynamics.hidden.add(account)
    row = world.dynamics.add("contact", lastname="Ek", _parentcustomerid_value=account)
    for _ in range(5):
        assert world.cycle()["counts"]["to_marketo"]["contact"]["deferred"] == 1
    assert world.cycle()["counts"]["to_marketo"]["contact"]["quarantined"] == 1
    [item] = world.quarantined()
    [failure] = item["failures"]
    assert failure["rule"] == "lookup_missing"
    assert failure["message"].startswith(f"lookup missing: account {account}")
    assert world.cycle()["counts"]["to_marketo"]["contact"]["extracted"] == 0
    world.dynamics.hidden.clear()
    world.dynamics.edit("account", account, name="Volvo Cars")
    world.cycle()
    assert world.person_of(row)["company"] == "Volvo Cars"
    assert world.quarantined() == []


def test_a_linked_record_that_waits_still_sends_its_persons_changes(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo")
    person, row = employed(world, None)
    world.dynamics.hidden.add(account)
    world.dynamics.edit("contact", row, _parentcustomerid_value=account, jobtitle="CTO")
    world.marketo.edit(person, city="Lund")
    world.cycle()
    assert world.dynamics.rows["contact"][row]["address1_city"] == "Lund"
    assert world.marketo.people[person]["title"] is None
    world.dynamics.hidden.clear()
    world.cycle()
    found = world.marketo.people[person]
    assert (found["company"], found["title"]) == ("Volvo", "CTO")


def test_an_account_that_changed_while_its_people_were_refused_is_caught_up(world: World) -> None:
    account = world.dynamics.add("account", name="A")
    employed(world, account)
    world.dynamics.edit("account", account, name="x" * 300)
    assert world.cycle()["counts"]["to_marketo"]["contact"]["quarantined"] == 1
    world.dynamics.edit("account", account, name="B")
    world.cycle()
    assert companies(world) == [("B", None)]
    assert world.quarantined() == []


def test_fields_mapped_later_fill_all_people(world: World) -> None:
    world.mapping = {**RELATED_MAPPING, "company": [], "owner": []}
    account = world.dynamics.add("account", name="Volvo", address1_city="Lund")
    user = world.dynamics.add("systemuser", fullname="Ann")
    person, _ = employed(world, account, _ownerid_value=user)
    world.mapping = {**RELATED_MAPPING, "company": RELATED_MAPPING["company"][:1]}
    world.cycle()
    assert companies(world) == [("Volvo", None)]
    assert world.marketo.people[person]["ownerName"] == "Ann"
    world.mapping = RELATED_MAPPING
    world.cycle()
    assert companies(world) == [("Volvo", "Lund")]
    world.cycle()
    assert world.writes == 0


def test_a_backfill_of_an_account_reaches_its_people(world: World) -> None:
    account = world.dynamics.add("account", name="A")
    employed(world, account)
    start = world.clock.now()
    world.clock.advance(60)
    world.dynamics.edit("account", account, name="B")
    world.clock.advance(60)
    world.backfill(start, world.clock.now())
    assert companies(world) == [("B", None)]
    world.cycle()
    assert world.writes == 0


def test_a_qualified_lead_gets_the_company_of_its_contact(world: World) -> None:
    person, lead = world.linked("lead")
    account = world.dynamics.add("account", name="Volvo")
    world.dynamics.edit("lead", lead, statecode=1)
    world.dynamics.add(
        "contact",
        lastname="Ek",
        _originatingleadid_value=lead,
        _parentcustomerid_value=account,
    )
    world.cycle()
    assert world.marketo.people[person]["company"] == "Volvo"


def test_users_without_change_tracking_are_looked_at_once_an_hour(world: World) -> None:
    world.dynamics.tables["systemuser"] = replace(
        world.dynamics.tables["systemuser"], change_tracking=False
    )
    user = world.dynamics.add("systemuser", fullname="Ann")
    person, _ = employed(world, None, _ownerid_value=user)
    world.clock.advance(60)
    world.dynamics.edit("systemuser", user, fullname="Ann Ek")
    world.cycle()
    assert world.marketo.people[person]["ownerName"] == "Ann"
    world.clock.advance(3600)
    world.cycle()
    assert world.marketo.people[person]["ownerName"] == "Ann Ek"


def test_a_person_out_of_scope_hears_nothing_of_its_account(world: World) -> None:
    account = world.dynamics.add("account", name="A")
    _, row = employed(world, account)
    world.dynamics.edit("contact", row, new_synctomkto=False)
    world.cycle()
    world.dynamics.edit("account", account, name="B")
    world.cycle()
    assert companies(world) == [("A", None)]
    world.dynamics.edit("contact", row, new_synctomkto=True)
    world.cycle()
    assert companies(world) == [("B", None)]


def test_a_refused_creation_leaves_no_reference(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[LookupRow] = []
    apply = world.store.apply

    def watched(changes: StateChanges, *, lease: Lease | None) -> None:
        stored.extend(changes.lookups)
        apply(changes, lease=lease)

    monkeypatch.setattr(world.store, "apply", watched)
    account = world.dynamics.add("account", name="A")
    world.marketo.refuse = lambda record: True
    row = world.dynamics.add("contact", lastname="Ek", _parentcustomerid_value=account)
    world.cycle()
    assert len(world.quarantined()) == 1
    assert stored == []
    world.marketo.refuse = lambda record: False
    world.dynamics.edit("account", account, name="B")
    world.dynamics.edit("contact", row, lastname="Ny")
    world.cycle()
    assert [lookup["target_id"] for lookup in stored] == [account, None]
    assert companies(world) == [("B", None)]


def test_a_field_backfill_brings_back_a_company_field_and_keeps_the_others(world: World) -> None:
    account = world.dynamics.add("account", name="Volvo", address1_city="Lund")
    person, row = employed(world, account)
    world.store.apply(StateChanges(base={link_of(world, person): {"company": "?"}}), lease=None)
    world.marketo.people[person]["company"] = "?"
    backfill_field(world.engine, "company")
    assert companies(world) == [("Volvo", "Lund")]
    world.dynamics.edit("contact", row, _parentcustomerid_value=None)
    world.cycle()
    world.dynamics.edit("contact", row, _parentcustomerid_value=account)
    world.cycle()
    assert companies(world) == [("Volvo", "Lund")]


def test_a_forced_sync_takes_the_account_as_it_is_now(world: World) -> None:
    account = world.dynamics.add("account", name="A")
    person, _ = employed(world, account)
    employed(world, account)
    world.dynamics.edit("account", account, name="B")
    world.ask(person_request(world.engine, "sync_now", person))
    assert companies(world)[0] == ("B", None)
    world.cycle()
    assert companies(world) == [("B", None)] * 2
    world.cycle()
    assert world.writes == 0


def test_people_of_inactive_contacts_still_follow_their_account(world: World) -> None:
    account = world.dynamics.add("account", name="A")
    _, row = employed(world, account)
    world.dynamics.edit("contact", row, statecode=1)
    world.cycle()
    world.dynamics.edit("account", account, name="B")
    world.cycle()
    assert companies(world) == [("B", None)]


def link_of(world: World, person: int) -> str:
    """The link of a person."""
    [link] = world.store.links_of_persons([person])
    return link["link_id"]
