"""Company fields: values of an account in the fields of its people (semantics.md 1, 8.C, 8.H)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.mapped import relate, remap
from support.synced import Synced

COMPANY = (
    {"marketo": "company", "account": "name"},
    {"marketo": "billingCity", "account": "address1_city"},
    {"marketo": "numberOfEmployees", "account": "numberofemployees"},
)


@pytest.fixture
def employing(synced: Synced) -> Synced:
    """Stand-ins whose company fields are mapped."""
    relate(synced, company=COMPANY)
    return synced


def new_contact(synced: Synced, account: str | None, email: str, **fields: Any) -> str:
    """A user creates a contact of an account."""
    if account:
        fields["parentcustomerid_account@odata.bind"] = f"/accounts({account})"
    return synced.new_row("contact", lastname="Ek", emailaddress1=email, **fields)


def move(synced: Synced, contact: str, account: str | None) -> None:
    """A user gives a contact another account."""
    link = f"/accounts({account})" if account else None
    synced.edit_row(contact, "contact", **{"parentcustomerid_account@odata.bind": link})


def test_s038_an_account_change_reaches_all_people_of_its_contacts(employing: Synced) -> None:
    account = employing.new_row("account", name="Volvo", numberofemployees=10)
    contacts = [new_contact(employing, account, f"{n}@example.com") for n in range(3)]
    employing.cycle()
    employing.cycle()
    employing.edit_row(account, "account", name="Volvo Cars", numberofemployees=12)
    employing.forget_calls()
    employing.cycle()
    for contact in contacts:
        person = employing.person_of(contact)
        assert (person["company"], person["numberOfEmployees"]) == ("Volvo Cars", 12)
    assert employing.record_writes() == 1  # one call for the three of them, none to Dynamics
    assert employing.reports[-1]["calls"]["dynamics"] == 3  # a delta page per table
    assert employing.counts("to_marketo", "contact")["applied"] == 3


def test_s039_an_edit_in_marketo_stays_there_until_the_account_changes(employing: Synced) -> None:
    account = employing.new_row("account", name="Volvo")
    contact = new_contact(employing, account, "a@example.com")
    employing.cycle()
    person = int(employing.person_of(contact)["id"])
    employing.edit_person(person, company="My own", billingCity="Here")
    employing.forget_calls()
    employing.cycle()
    assert employing.record_writes() == 0
    assert employing.row(account, "account")["name"] == "Volvo"
    assert employing.row(contact, "contact")["_parentcustomerid_value"] == account
    employing.edit_row(contact, "contact", jobtitle="CTO")
    employing.edit_person(person, city="Lund")
    employing.cycle()
    assert employing.row(contact, "contact")["address1_city"] == "Lund"
    assert employing.person(person)["company"] == "My own"
    employing.edit_row(account, "account", name="Volvo Cars", address1_city="Göteborg")
    employing.cycle()
    found = employing.person(person)
    assert (found["company"], found["billingCity"]) == ("Volvo Cars", "Göteborg")


def test_s102_a_contact_that_moves_shows_the_other_account_in_one_run(employing: Synced) -> None:
    a = employing.new_row("account", name="A", address1_city="Lund")
    b = employing.new_row("account", name="B", address1_city="Ystad")
    contact = new_contact(employing, a, "a@example.com", donotbulkemail=True)
    employing.cycle()
    employing.cycle()
    person = employing.person_of(contact)
    move(employing, contact, b)
    employing.cycle()
    moved = employing.person_of(contact)
    changed = {name for name in moved if moved[name] != person[name]}
    assert changed - {"updatedAt"} == {"company", "billingCity"}
    assert (moved["company"], moved["billingCity"]) == ("B", "Ystad")


@pytest.mark.parametrize(("policy", "company"), [("clear", None), ("keep", "A")])
@pytest.mark.parametrize("deleted", [True, False])
def test_s103_without_its_account_company_values_are_cleared_or_kept(
    synced: Synced, policy: str, company: str | None, deleted: bool
) -> None:
    relate(synced, company=COMPANY, policies={"on_account_removed": policy})
    account = synced.new_row("account", name="A")
    contact = new_contact(synced, account, "a@example.com")
    synced.cycle()
    if deleted:
        synced.dynamics.control.edit("delete", table="account", id=account)
    else:
        move(synced, contact, None)
    synced.cycle()
    assert synced.person_of(contact)["company"] == company
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert synced.held() == []


def test_s104_a_record_waits_for_its_account_while_others_go_on(employing: Synced) -> None:
    account = employing.new_row("account", name="Volvo")
    employing.dynamics.control.settings(unreachable_rows=[account])
    waiting = new_contact(employing, account, "a@example.com")
    other = new_contact(employing, None, "b@example.com")
    employing.cycle()
    assert employing.counts("to_marketo", "contact")["deferred"] == 1
    assert employing.person_of(other)["company"] is None
    assert len(employing.people()) == 1
    employing.dynamics.control.settings(unreachable_rows=[])
    employing.cycle()
    assert employing.person_of(waiting)["company"] == "Volvo"


def test_s104_a_record_that_has_waited_long_enough_fails_by_name(synced: Synced) -> None:
    relate(synced, company=COMPANY, policies={"lookup_wait_cycles": 1})
    account = synced.new_row("account", name="Volvo")
    synced.dynamics.control.settings(unreachable_rows=[account])
    contact = new_contact(synced, account, "a@example.com")
    synced.cycle()
    synced.cycle()
    [item] = synced.held()
    [failure] = item["failures"]
    assert failure["message"].startswith(f"lookup missing: account {account}")
    synced.dynamics.control.settings(unreachable_rows=[])
    synced.edit_row(account, "account", name="Volvo Cars")
    synced.cycle()
    assert synced.person_of(contact)["company"] == "Volvo Cars"
    assert synced.held() == []


def test_the_doctor_tells_whether_accounts_can_be_read(employing: Synced) -> None:
    assert "Dynamics account can be read" in employing.command("doctor").stdout
    employing.dynamics.control.settings(missing_privileges=["prvReadAccount:organization"])
    refused = employing.command("doctor", "--json")
    assert refused.returncode != 0
    checks = {check["name"]: check["ok"] for check in json.loads(refused.stdout)["checks"]}
    assert checks["Dynamics account can be read"] is False
    assert checks["Dynamics contact can be followed"] is True


def test_s105_an_account_deleted_on_push_is_held_alone(synced: Synced) -> None:
    remap(synced, policies={"match_account": "website"})
    account = synced.new_row("account", name="Example", websiteurl="https://example.com")
    person = synced.new_person(lastName="Ek", email="a@example.com", title="CTO")
    edit = {"operation": "delete", "table": "account", "id": account}
    synced.dynamics.control.faults(
        "edit_before_write", match={"path": "batch"}, params={"edit": edit}
    )
    synced.sync_person(person, sync_as="contact")
    [contact] = synced.dynamics.control.records("contact")
    assert (contact["jobtitle"], contact["_parentcustomerid_value"]) == ("CTO", None)
    [item] = synced.held()
    [failure] = item["failures"]
    assert (failure["field"], failure["source"]) == ("parentcustomerid", "server")
    assert account in failure["message"]
