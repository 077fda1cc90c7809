"""Persons become rows when somebody asks for it (semantics.md 4 and 8.B), in memory."""

from __future__ import annotations

from leadsync.cycle.request.on_request import person_request, plan_now, row_request, store_requests
from leadsync.model import Json
from leadsync.state.port import RequestRow, StateChanges
from support.world import MAPPING, World, world

__all__ = ["world"]


def only(answers: list[RequestRow]) -> RequestRow:
    assert len(answers) == 1
    return answers[0]


def only_row(world: World, table: str = "lead") -> Json:
    rows = list(world.dynamics.rows[table].values())
    assert len(rows) == 1
    return rows[0]


def test_s011_a_person_becomes_one_linked_lead(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com", title="CTO")
    answer = only(world.sync_person(person))
    row = only_row(world)
    assert (answer["status"], answer["outcome"]) == ("done", "created")
    assert (row["lastname"], row["jobtitle"], row["new_marketoid"]) == ("Ek", "CTO", person)
    told = world.marketo.people[person]
    assert told["leadsyncDynamicsId"] == row["leadid"]
    assert told["leadsyncDynamicsType"] == "Lead"
    assert told["leadsyncDynamicsCreatedAt"] == row["createdon"]
    for _ in range(2):
        world.cycle()
        assert world.writes == 0
    world.marketo.edit(person, title="CIO")
    world.cycle()
    assert only_row(world)["jobtitle"] == "CIO"


def test_the_report_counts_a_created_row(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    cycle_id = only(world.sync_person(person))["cycle_id"]
    record = world.store.cycle(cycle_id or "")
    assert record is not None and record.report is not None
    counts = record.report["counts"]["to_dynamics"]["lead"]
    assert (counts["extracted"], counts["applied"], counts["created"]) == (1, 1, 1)


def test_s012_a_linked_person_is_left_alone(world: World) -> None:
    person, _row = world.linked()
    world.marketo.edit(person, title="CTO")
    answer = only(world.sync_person(person))
    assert (answer["status"], answer["outcome"]) == ("done", "already_linked")
    assert world.writes == 0


def test_s014_s015_a_contact_gets_the_one_account_with_its_domain(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"match_account": "website"}}
    account = world.dynamics.add("account", name="X", websiteurl="https://www.X.com/about")
    world.dynamics.add("account", name="Y", websiteurl="http://notx.com")
    world.dynamics.add("account", name="Z", websiteurl="x.com", statecode=1)
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    world.sync_person(person, sync_as="contact")
    assert only_row(world, "contact")["_parentcustomerid_value"] == account
    assert world.marketo.people[person]["leadsyncDynamicsType"] == "Contact"


def test_s015_two_accounts_of_one_domain_leave_it_empty(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"match_account": "website"}}
    for _ in range(2):
        world.dynamics.add("account", name="X", websiteurl="x.com")
    world.sync_person(world.marketo.add(lastName="Ek", email="a@x.com"), sync_as="contact")
    assert only_row(world, "contact").get("_parentcustomerid_value") is None


def test_s016_no_lead_is_made_beside_a_contact(world: World) -> None:
    person, contact = world.linked("contact")
    answer = only(world.sync_person(person, sync_as="lead"))
    assert (answer["status"], answer["outcome"]) == ("failed", "refused")
    assert contact in (answer["message"] or "")
    assert world.writes == 0


def test_s017_no_contact_is_made_beside_an_open_lead(world: World) -> None:
    person, lead = world.linked()
    answer = only(world.sync_person(person, sync_as="contact"))
    assert (answer["status"], answer["outcome"]) == ("failed", "refused")
    assert lead in (answer["message"] or "")
    assert world.dynamics.rows["contact"] == {}


def test_s017_the_lead_is_qualified_where_the_policy_says_so(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"contact_for_lead": "qualify"}}
    person, _lead = world.linked()
    answer = only(world.sync_person(person, sync_as="contact"))
    assert (answer["status"], answer["outcome"]) == ("done", "created")
    world.cycle()
    contact = only_row(world, "contact")["contactid"]
    assert world.person_of(contact)["id"] == person
    again = only(world.sync_person(person, sync_as="contact"))
    assert again["outcome"] == "already_linked"


def test_s018_a_row_is_assigned_as_it_is_made(world: World) -> None:
    user = world.dynamics.add("systemuser", internalemailaddress="U@x.com", isdisabled=False)
    person = world.marketo.add(lastName="Ek")
    for name in (" u@X.com", user.upper()):
        other = world.marketo.add(lastName="Ek")
        assert only(world.sync_person(other, assign_to=name))["outcome"] == "created"
    world.sync_person(person, assign_to="u@x.com")
    owners = {row["_ownerid_value"] for row in world.dynamics.rows["lead"].values()}
    assert owners == {user}


def test_s019_a_disabled_user_gives_way_to_the_default_owner(world: World) -> None:
    world.dynamics.add("systemuser", domainname="gone@x.com", isdisabled=True)
    default = world.dynamics.add("systemuser", domainname="boss@x.com", isdisabled=False)
    world.mapping = {**MAPPING, "policies": {"default_owner": "boss@x.com"}}
    person = world.marketo.add(lastName="Ek")
    answer = only(world.sync_person(person, assign_to="gone@x.com"))
    assert only_row(world)["_ownerid_value"] == default
    assert "gone@x.com is disabled" in (answer["message"] or "")
    told = [row["rule"] for row in world.store.journal(marketo_ids=[person])]
    assert any("gone@x.com is disabled" in (rule or "") for rule in told)


def test_an_unknown_user_makes_nothing(world: World) -> None:
    answer = only(world.sync_person(world.marketo.add(lastName="Ek"), assign_to="nobody"))
    assert (answer["status"], answer["outcome"]) == ("failed", "refused")
    assert world.dynamics.rows["lead"] == {}


def test_s020_a_person_whose_row_was_deleted_gets_a_new_one(world: World) -> None:
    person, old = world.linked()
    world.dynamics.delete("lead", old)
    world.cycle()
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True
    assert only(world.sync_person(person))["outcome"] == "created"
    new = only_row(world)["leadid"]
    assert new != old
    assert world.marketo.people[person]["leadsyncDynamicsId"] == new
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is False


def test_s021_a_row_with_the_email_is_linked_and_merged(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="A@x.com ", jobtitle="CTO")
    person = world.marketo.add(lastName="Ek", email="a@x.com", city="Lund", title="CIO")
    answer = only(world.sync_person(person))
    assert (answer["status"], answer["outcome"]) == ("done", "linked")
    assert only_row(world)["leadid"] == row
    assert (only_row(world)["jobtitle"], only_row(world)["address1_city"]) == ("CIO", "Lund")
    assert world.person_of(row)["id"] == person
    world.cycle()
    world.cycle()
    assert world.writes == 0


def test_s022_several_matches_are_named_and_nothing_is_made(world: World) -> None:
    rows = [world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com") for _ in range(2)]
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    answer = only(world.sync_person(person))
    assert (answer["status"], answer["outcome"]) == ("failed", "ambiguous")
    item = next(i for i in world.quarantined() if i["marketo_id"] == person)
    assert item["failures"][0]["rule"] == "ambiguous_match"
    assert all(row in item["failures"][0]["message"] for row in rows)
    assert len(world.dynamics.rows["lead"]) == 2


def test_s023_a_contact_is_preferred_and_the_lead_reported(world: World) -> None:
    lead = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    contact = world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com")
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    answer = only(world.sync_person(person))
    assert world.person_of(contact)["id"] == person
    assert f"possible duplicate: lead {lead}" in (answer["message"] or "")


def test_s024_inactive_rows_do_not_match(world: World) -> None:
    inactive = world.dynamics.add("contact", lastname="Ek", emailaddress1="a@x.com", statecode=1)
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    answer = only(world.sync_person(person))
    assert answer["outcome"] == "created"
    assert inactive in (answer["message"] or "")


def test_s025_two_persons_with_one_email_make_one_row(world: World) -> None:
    people = [world.marketo.add(lastName="Ek", email=e) for e in ("A@X.com", "a@x.com ")]
    answers = world.sync_person(*people)
    assert [answer["outcome"] for answer in answers] == ["created", "quarantined"]
    assert only_row(world)["new_marketoid"] == people[0]
    assert [item["marketo_id"] for item in world.quarantined()] == [people[1]]


def test_s026_the_same_request_twice_makes_one_row(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    answers = world.sync_person(person, person)
    assert [answer["outcome"] for answer in answers] == ["created", "already_linked"]
    assert only(world.sync_person(person))["outcome"] == "already_linked"
    only_row(world)


def test_s028_a_default_fills_a_missing_value_once(world: World) -> None:
    fields = [dict(entry) for entry in MAPPING["fields"]]
    fields[1]["default_on_create"] = "Unknown"
    world.mapping = {"fields": fields}
    person = world.marketo.add(email="a@x.com")
    world.sync_person(person)
    assert only_row(world)["lastname"] == "Unknown"
    world.cycle()
    world.cycle()
    assert world.writes == 0
    row = only_row(world)["leadid"]
    world.dynamics.edit("lead", row, lastname="Ek")
    world.marketo.edit(person, title="CTO")
    world.cycle()
    assert (only_row(world)["lastname"], only_row(world)["jobtitle"]) == ("Ek", "CTO")


def test_s029_what_the_rules_refuse_is_not_made_and_named(world: World) -> None:
    person = world.marketo.add(email="a@x.com")
    answer = only(world.sync_person(person))
    assert (answer["status"], answer["outcome"]) == ("failed", "quarantined")
    assert "lastname" in (answer["message"] or "")
    assert world.dynamics.rows["lead"] == {}
    item = only_item(world)
    assert (item["operation"], item["failures"][0]["field"]) == ("create", "lastname")


def test_a_held_creation_is_tried_again_when_the_person_changes(world: World) -> None:
    user = world.dynamics.add("systemuser", domainname="u", isdisabled=False)
    person = world.marketo.add(email="a@x.com")
    world.cycle()
    world.sync_person(person, assign_to="u")
    world.cycle()
    assert only_item(world)["attempts"] == 1
    world.marketo.edit(person, lastName="Ek")
    world.cycle()
    assert only_row(world)["_ownerid_value"] == user
    assert world.quarantined() == []
    assert world.marketo.people[person]["leadsyncDynamicsId"] == only_row(world)["leadid"]


def test_s030_nobody_is_made_without_being_asked_for(world: World) -> None:
    world.marketo.add(lastName="Ek", email="a@x.com")
    world.marketo.add()
    world.cycle()
    world.cycle()
    assert world.dynamics.rows["lead"] == {}


def test_a_person_that_does_not_exist_is_missing(world: World) -> None:
    assert only(world.sync_person(99))["outcome"] == "missing"


def only_item(world: World) -> Json:
    items = world.quarantined()
    assert len(items) == 1
    return items[0]


def owner_request(world: World, person: int, user: str) -> RequestRow:
    return person_request(world.engine, "change_owner", person, assign_to=user)


def test_s031_a_new_owner_for_a_person_without_a_row_makes_the_row_first(world: World) -> None:
    user = world.dynamics.add("systemuser", domainname="u", isdisabled=False)
    person = world.marketo.add(lastName="Ek")
    answer = only(world.ask(owner_request(world, person, "u")))
    assert (answer["status"], answer["outcome"]) == ("done", "assigned")
    assert [write.operation for write in world.dynamics.writes] == ["create", "update"]
    assert only_row(world)["_ownerid_value"] == user
    world.cycle()
    world.cycle()
    assert world.writes == 0


def test_s031_when_assigning_fails_the_link_stays_and_one_item_tells(world: World) -> None:
    world.dynamics.add("systemuser", domainname="u", isdisabled=False)
    person = world.marketo.add(lastName="Ek")
    world.dynamics.refuse = lambda write: "ownerid@odata.bind" in write.body
    answer = only(world.ask(owner_request(world, person, "u")))
    assert (answer["status"], answer["outcome"]) == ("failed", "quarantined")
    row = only_row(world)["leadid"]
    assert world.person_of(row)["id"] == person
    assert only_item(world)["record_key"] == f"to_dynamics:{person}:ownerid"
    world.marketo.edit(person, title="CTO")
    world.cycle()
    assert only_row(world)["jobtitle"] == "CTO"
    only_item(world)


def test_change_owner_of_a_linked_person_assigns_alone(world: World) -> None:
    user = world.dynamics.add("systemuser", domainname="u", isdisabled=False)
    person, row = world.linked()
    world.marketo.edit(person, title="CTO")
    assert only(world.ask(owner_request(world, person, "u")))["outcome"] == "assigned"
    assert [write.body for write in world.dynamics.writes] == [
        {"ownerid@odata.bind": f"/systemusers({user})"}
    ]
    world.cycle()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CTO"


def test_a_scheduled_cycle_takes_up_what_waits(world: World) -> None:
    person = world.marketo.add(lastName="Ek")
    request = person_request(world.engine, "sync_person", person)
    store_requests(world.engine, [request])
    world.cycle()
    only_row(world)
    answered = only(world.store.requests(ids=[request["request_id"]]))
    assert (answered["status"], answered["outcome"]) == ("done", "created")


def test_a_plan_shows_the_row_that_a_request_would_make(world: World) -> None:
    person = world.marketo.add(lastName="Ek")
    plan = plan_now(world.engine, [person_request(world.engine, "sync_person", person)])
    change = plan["changes"][0]
    assert (change["operation"], change["marketo_id"]) == ("create", person)
    assert {"field": "lastName", "from": None, "to": "Ek"} in change["fields"]
    assert plan["counts"]["to_dynamics"]["lead"]["created"] == 1
    assert world.writes == 0
    assert world.store.requests(waiting=True) == []


def test_s013_a_forced_person_is_synchronised_at_once(world: World) -> None:
    person, row = world.linked()
    other, other_row = world.linked()
    world.marketo.edit(person, title="CTO")
    world.marketo.edit(other, title="CTO")
    world.dynamics.edit("lead", row, address1_city="Lund")
    answer = only(world.ask(person_request(world.engine, "sync_now", person)))
    assert (answer["status"], answer["outcome"]) == ("done", "synced")
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "CTO"
    assert world.marketo.people[person]["city"] == "Lund"
    assert world.dynamics.rows["lead"][other_row]["jobtitle"] is None
    world.cycle()
    assert world.dynamics.rows["lead"][other_row]["jobtitle"] == "CTO"


def test_a_forced_row_without_a_person_is_matched_or_made(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    answer = only(world.ask(row_request(world.engine, "lead", row.upper())))
    assert answer["outcome"] == "created"
    assert world.person_of(row)["email"] == "a@x.com"


def test_a_forced_record_that_is_not_there_is_missing_or_refused(world: World) -> None:
    world.marketo.add(lastName="Ek")
    asked = [
        row_request(world.engine, "lead", "10000000-0000-4000-8000-00000000beef"),
        person_request(world.engine, "sync_now", 4711),
        person_request(world.engine, "sync_now", 1001),
    ]
    outcomes = [answer["outcome"] for answer in world.ask(*asked)]
    assert outcomes == ["missing", "refused", "refused"]


def test_an_owner_that_could_not_be_set_is_set_when_the_item_is_released(world: World) -> None:
    user = world.dynamics.add("systemuser", domainname="u", isdisabled=False)
    person, row = world.linked()
    world.dynamics.refuse = lambda write: "ownerid@odata.bind" in write.body
    world.ask(owner_request(world, person, "u"))
    world.dynamics.refuse = lambda write: False
    world.cycle()
    assert world.dynamics.rows["lead"][row]["_ownerid_value"] is None
    item = only_item(world)
    item["status"] = "released"
    world.store.apply(StateChanges(quarantine=[item]), lease=None)  # type: ignore[list-item]
    world.cycle()
    assert world.dynamics.rows["lead"][row]["_ownerid_value"] == user
    assert world.store.quarantine(statuses=("open", "released")) == []


def test_a_created_row_keeps_what_the_person_lacks_empty(world: World) -> None:
    """A field held back at creation is the person's change, and no empty column of the row's."""
    person = world.marketo.add(lastName="Ek", leadSource="Unheard of")
    world.sync_person(person)
    world.cycle()
    world.cycle()
    assert world.marketo.people[person]["leadSource"] == "Unheard of"
    assert only_item(world)["record_key"] == f"to_dynamics:{person}:leadSource"
    world.marketo.edit(person, leadSource="Partner")
    world.cycle()
    assert only_row(world)["leadsourcecode"] == 2
    assert world.quarantined() == []


def test_asking_for_a_linked_person_ends_nothing_that_is_held(world: World) -> None:
    person, _row = world.linked()
    world.marketo.edit(person, email="foo@@bar")
    world.cycle()
    held = only_item(world)
    assert only(world.sync_person(person))["outcome"] == "already_linked"
    assert only_item(world) == held
