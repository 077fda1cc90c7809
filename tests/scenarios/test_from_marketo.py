"""Rows made of Marketo persons that somebody asks for (semantics.md 4 and 8.B)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from leadsync.cycle.request.on_request import person_request, row_request
from leadsync.model import Json
from leadsync.state.port import RequestRow
from support.mapped import remap
from support.synced import Synced

LAST_NAME_WITH_DEFAULT: Json = {
    "marketo": "lastName",
    "lead": "lastname",
    "contact": "lastname",
    "default_on_create": "Unknown",
}


def ek(synced: Synced, email: str | None = "a@example.com", **fields: object) -> int:
    """A user creates a person with a last name."""
    return synced.new_person(**{"lastName": "Ek", "email": email, **fields})


def rows(synced: Synced, table: str = "lead") -> list[Json]:
    """Return all rows of a table."""
    return synced.dynamics.control.records(table)


def only_row(synced: Synced, table: str = "lead") -> Json:
    """Return the only row of a table."""
    found = rows(synced, table)
    assert len(found) == 1
    return found[0]


def only(answers: list[RequestRow]) -> RequestRow:
    """Return the only answer."""
    assert len(answers) == 1
    return answers[0]


def told(answer: RequestRow) -> tuple[str, str | None]:
    """Return status and outcome."""
    return answer["status"], answer["outcome"]


def new_user(synced: Synced, email: str, **fields: object) -> str:
    """An administrator creates a user."""
    names = {"firstname": "U", "lastname": "Sales", "domainname": email}
    return synced.new_row("systemuser", internalemailaddress=email, **names, **fields)


def test_s011_a_person_becomes_one_linked_lead(synced: Synced) -> None:
    person = ek(synced, title="CTO")
    assert told(only(synced.sync_person(person))) == ("done", "created")
    row = only_row(synced)
    assert (row["lastname"], row["jobtitle"], row["new_marketoid"]) == ("Ek", "CTO", person)
    assert synced.person_of(row["leadid"])["leadsyncDynamicsType"] == "Lead"
    assert synced.person(person)["leadsyncDynamicsCreatedAt"] == row["createdon"]
    assert synced.counts("to_dynamics")["created"] == 1
    synced.edit_person(person, title="CIO")
    synced.cycle()
    assert only_row(synced)["jobtitle"] == "CIO"
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_a_row_made_of_a_person_costs_two_and_five_calls(synced: Synced) -> None:
    synced.cycle()
    synced.sync_person(ek(synced))
    assert synced.reports[-1]["calls"] == {"marketo": 2, "dynamics": 5}


def test_s012_a_linked_person_is_left_alone(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, title="CTO")
    synced.forget_calls()
    assert told(only(synced.sync_person(person))) == ("done", "already_linked")
    assert synced.record_writes() == 0
    assert synced.row(row)["jobtitle"] is None


def test_s013_a_forced_person_is_synchronised_within_that_run(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, title="CTO")
    synced.edit_row(row, address1_city="Lund")
    records = ("--marketo", str(person), "--dynamics", f"lead:{row}")
    run = synced.command("sync-now", *records, "--json")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["counts"]["to_dynamics"]["lead"]["updated"] == 1
    assert [request["outcome"] for request in report["requests"]] == ["synced", "synced"]
    assert synced.row(row)["jobtitle"] == "CTO"
    assert synced.person(person)["city"] == "Lund"


def test_s014_a_person_becomes_a_contact_without_an_account(synced: Synced) -> None:
    synced.new_row("account", name="Example", websiteurl="https://example.com")
    person = ek(synced)
    synced.sync_person(person, sync_as="contact")
    contact = only_row(synced, "contact")
    assert contact["_parentcustomerid_value"] is None
    assert synced.person_of(contact["contactid"])["leadsyncDynamicsType"] == "Contact"


def test_s015_the_account_with_the_domain_becomes_the_contacts(synced: Synced) -> None:
    remap(synced, policies={"match_account": "website"})
    account = synced.new_row("account", name="Example", websiteurl="https://www.example.com/en")
    synced.new_row("account", name="Counterexample", websiteurl="https://counterexample.com")
    synced.sync_person(ek(synced), sync_as="contact")
    assert only_row(synced, "contact")["_parentcustomerid_value"] == account


def test_s016_no_lead_is_made_beside_a_contact(synced: Synced) -> None:
    person, contact = synced.linked("contact", emailaddress1="a@example.com")
    answer = only(synced.sync_person(person, sync_as="lead"))
    assert told(answer) == ("failed", "refused")
    assert contact in (answer["message"] or "")
    assert rows(synced) == []


def test_s017_no_contact_is_made_beside_an_open_lead(synced: Synced) -> None:
    person, lead = synced.linked(emailaddress1="a@example.com")
    answer = only(synced.sync_person(person, sync_as="contact"))
    assert told(answer) == ("failed", "refused")
    assert lead in (answer["message"] or "")
    assert rows(synced, "contact") == []


def test_s017_the_lead_is_qualified_where_the_policy_says_so(synced: Synced) -> None:
    remap(synced, policies={"contact_for_lead": "qualify"})
    person, _lead = synced.linked(emailaddress1="a@example.com")
    assert told(only(synced.sync_person(person, sync_as="contact"))) == ("done", "created")
    synced.cycle()
    contact = only_row(synced, "contact")["contactid"]
    assert int(synced.person_of(contact)["id"]) == person


def test_s018_a_lead_is_assigned_as_it_is_made(synced: Synced) -> None:
    user = new_user(synced, "ann@sales.example")
    synced.sync_person(ek(synced), assign_to="Ann@sales.example")
    assert only_row(synced)["_ownerid_value"] == user


def test_s019_a_disabled_user_gives_way_to_the_default_owner(synced: Synced) -> None:
    new_user(synced, "gone@sales.example", isdisabled=True)
    default = new_user(synced, "boss@sales.example")
    remap(synced, policies={"default_owner": "boss@sales.example"})
    person = ek(synced)
    answer = only(synced.sync_person(person, assign_to="gone@sales.example"))
    assert told(answer) == ("done", "created")
    assert only_row(synced)["_ownerid_value"] == default
    assert "gone@sales.example is disabled" in (answer["message"] or "")
    assert "gone@sales.example is disabled" in str(synced.story(person, "created")[0]["rule"])


def test_s019_by_policy_nothing_is_made_for_a_disabled_user(synced: Synced) -> None:
    remap(synced, policies={"on_disabled_owner": "refuse"})
    new_user(synced, "gone@sales.example", isdisabled=True)
    person = ek(synced)
    answer = only(synced.sync_person(person, assign_to="gone@sales.example"))
    assert told(answer) == ("failed", "refused")
    assert "gone@sales.example is disabled" in (answer["message"] or "")
    assert rows(synced) == []


def test_s020_a_person_whose_lead_was_deleted_gets_a_new_one(synced: Synced) -> None:
    person, old = synced.linked(emailaddress1="a@example.com")
    synced.dynamics.control.edit("delete", table="lead", id=old)
    synced.cycle()
    assert synced.person(person)["leadsyncDynamicsDeleted"] is True
    assert told(only(synced.sync_person(person))) == ("done", "created")
    new = only_row(synced)["leadid"]
    assert new != old
    assert synced.person_of(new)["leadsyncDynamicsDeleted"] is False


def test_s021_a_lead_with_the_email_is_linked(synced: Synced) -> None:
    row = synced.new_row(lastname="Ek", emailaddress1="A@Example.com", jobtitle="CTO")
    person = ek(synced, city="Lund")
    assert told(only(synced.sync_person(person))) == ("done", "linked")
    assert only_row(synced)["address1_city"] == "Lund"
    assert int(synced.person_of(row)["id"]) == person
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert len(synced.people()) == 1


def test_s022_several_leads_with_the_email_are_named(synced: Synced) -> None:
    leads = [synced.new_row(lastname="Ek", emailaddress1="a@example.com") for _ in range(2)]
    person = ek(synced)
    assert told(only(synced.sync_person(person))) == ("failed", "ambiguous")
    (item,) = [item for item in synced.held() if item["marketo_id"] == person]
    assert item["failures"][0]["rule"] == "ambiguous_match"
    assert all(lead in item["failures"][0]["message"] for lead in leads)
    assert len(rows(synced)) == 2
    assert synced.person(person)["leadsyncDynamicsId"] is None


def test_s023_a_contact_is_preferred_and_the_lead_reported(synced: Synced) -> None:
    lead = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    contact = synced.new_row("contact", lastname="Ek", emailaddress1="a@example.com")
    person = ek(synced)
    answer = only(synced.sync_person(person))
    assert int(synced.person_of(contact)["id"]) == person
    assert f"possible duplicate: lead {lead}" in (answer["message"] or "")


def test_s024_an_inactive_contact_is_reported_and_not_matched(synced: Synced) -> None:
    contact = synced.new_row("contact", lastname="Ek", emailaddress1="a@example.com", statecode=1)
    answer = only(synced.sync_person(ek(synced)))
    assert told(answer) == ("done", "created")
    assert contact in (answer["message"] or "")
    assert only_row(synced)["emailaddress1"] == "a@example.com"


@pytest.mark.parametrize("table", ["lead", "contact"])
def test_s025_persons_with_one_email_make_one_row(synced: Synced, table: str) -> None:
    """Marketo itself refuses an address with a blank, so case alone tells these apart."""
    people = [ek(synced, address) for address in ("A@X.com", "a@x.com", "a@X.COM")]
    answers = synced.sync_person(*people, sync_as=table)
    assert [told(answer) for answer in answers] == [
        ("done", "created"),
        ("failed", "quarantined"),
        ("failed", "quarantined"),
    ]
    row = only_row(synced, table)
    assert row["new_marketoid"] == people[0]
    assert {item["marketo_id"] for item in synced.held()} == set(people[1:])
    assert all(str(people[0]) in item["failures"][0]["message"] for item in synced.held())
    synced.cycle()
    assert only_row(synced, table)[f"{table}id"] == row[f"{table}id"]
    assert len(synced.held()) == 2


@pytest.mark.parametrize("address", ["a@x.com ", " A@X.com"])
def test_s021_f08_a_blank_at_an_address_in_dynamics_does_not_hide_it(
    synced: Synced, address: str
) -> None:
    row = synced.new_row("contact", lastname="Ek", emailaddress1=address)
    person = ek(synced, "a@x.com")
    [answer] = synced.sync_person(person, sync_as="contact")
    assert told(answer) == ("done", "linked")
    assert int(synced.person_of(row)["id"]) == person
    synced.cycle()
    synced.forget_calls()
    synced.cycle()
    assert (synced.record_writes(), synced.held()) == (0, [])
    assert synced.row(row, "contact")["emailaddress1"] == address


def test_s026_the_same_request_twice_at_once_makes_one_lead(synced: Synced) -> None:
    person = ek(synced)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(synced.sync_person, person) for _ in range(2)]
    outcomes = sorted(str(only(run.result())["outcome"]) for run in runs)
    assert outcomes == ["already_linked", "created"]
    assert int(synced.person_of(only_row(synced)["leadid"])["id"]) == person


def test_the_command_tells_what_became_of_every_person(synced: Synced) -> None:
    person = ek(synced)
    run = synced.command("sync-person", str(person), "4711", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    row = only_row(synced)["leadid"]
    assert [p["outcome"] for p in told["persons"]] == ["created", "missing"]
    assert told["persons"][0]["dynamics_id"] == row
    assert told["report"]["cycle_id"] == told["cycle_id"]


def test_s027_f18_a_create_whose_answer_is_lost_makes_no_second_lead(synced: Synced) -> None:
    synced.dynamics.control.faults("drop_after", match={"path": "batch"}, times=2)
    person = ek(synced)
    assert told(only(synced.sync_person(person))) == ("done", "created")
    assert int(synced.person_of(only_row(synced)["leadid"])["id"]) == person


def test_s028_a_default_last_name_is_written_once(synced: Synced) -> None:
    remap(synced, lastName=LAST_NAME_WITH_DEFAULT)
    person = synced.new_person(email="a@example.com")
    synced.sync_person(person)
    row = only_row(synced)
    assert row["lastname"] == "Unknown"
    synced.edit_row(row["leadid"], lastname="Ek")
    synced.edit_person(person, title="CTO")
    synced.cycle()
    assert (only_row(synced)["lastname"], only_row(synced)["jobtitle"]) == ("Ek", "CTO")
    synced.edit_row(row["leadid"], lastname=None)
    synced.edit_person(person, title="CIO")
    synced.cycle()
    assert (only_row(synced)["lastname"], only_row(synced)["jobtitle"]) == (None, "CIO")


def test_s029_without_a_last_name_nothing_is_made(synced: Synced) -> None:
    person = synced.new_person(email="a@example.com")
    answer = only(synced.sync_person(person))
    assert told(answer) == ("failed", "quarantined")
    assert "lastname" in (answer["message"] or "")
    assert rows(synced) == []
    (item,) = synced.held()
    assert (item["marketo_id"], item["failures"][0]["field"]) == (person, "lastname")


def test_s030_nobody_is_made_without_being_asked_for(synced: Synced) -> None:
    synced.cycle()
    synced.new_person()
    ek(synced)
    synced.cycle()
    synced.cycle()
    assert rows(synced) == []


def test_s031_a_new_owner_makes_the_lead_first(synced: Synced) -> None:
    user = new_user(synced, "ann@sales.example")
    request = person_request(
        synced.engine, "change_owner", ek(synced), assign_to="ann@sales.example"
    )
    assert told(only(synced.ask(request))) == ("done", "assigned")
    assert only_row(synced)["_ownerid_value"] == user


def test_s031_when_assigning_fails_the_link_remains(synced: Synced) -> None:
    user = new_user(synced, "ann@sales.example")
    person = ek(synced)
    leaves = {"edit": {"operation": "delete", "table": "systemuser", "id": user}}
    batch = {"path": "batch"}
    synced.dynamics.control.faults("edit_before_write", match=batch, after_n=1, params=leaves)
    request = person_request(synced.engine, "change_owner", person, assign_to="ann@sales.example")
    answer = only(synced.ask(request))
    assert told(answer) == ("failed", "quarantined")
    assert int(synced.person_of(only_row(synced)["leadid"])["id"]) == person
    (item,) = synced.held()
    assert item["record_key"] == f"to_dynamics:{person}:ownerid"


def test_a_forced_row_that_nobody_knows_is_matched_at_once(synced: Synced) -> None:
    person = ek(synced)
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    answer = only(synced.ask(row_request(synced.engine, "lead", row)))
    assert told(answer) == ("done", "linked")
    assert int(synced.person_of(row)["id"]) == person
