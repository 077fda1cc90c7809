"""Leads that become contacts (semantics.md 5 and 8.H)."""

from __future__ import annotations

from support.mapped import add_field, remap
from support.synced import Synced


def qualify(synced: Synced, lead: str) -> str:
    """A user qualifies a lead; returns the contact that it became."""
    synced.dynamics.control.edit("qualify", table="lead", id=lead, contact=True)
    contacts = synced.dynamics.control.records("contact")
    return str(next(c["contactid"] for c in contacts if c["_originatingleadid_value"] == lead))


def test_s051_in_the_window_of_a_conversion_the_contact_rule_applies(synced: Synced) -> None:
    person, lead = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    synced.edit_person(person, title="B")
    contact = qualify(synced, lead)
    synced.edit_row(contact, "contact", jobtitle="C")
    synced.cycle()
    assert synced.person(person)["title"] == "C"
    assert synced.row(contact, "contact")["jobtitle"] == "C"


def test_s089_a_lead_kept_out_becomes_a_new_person_as_a_contact(synced: Synced) -> None:
    lead = synced.new_row(lastname="Ek", emailaddress1="a@example.com", new_synctomkto=False)
    synced.cycle()
    assert synced.people() == []
    contact = qualify(synced, lead)
    synced.cycle()
    assert synced.person_of(contact)["leadsyncDynamicsType"] == "Contact"


def test_s092_a_qualified_lead_keeps_its_person_as_a_contact(synced: Synced) -> None:
    person, lead = synced.linked(jobtitle="A", emailaddress1="a@example.com")
    contact = qualify(synced, lead)
    synced.cycle()
    assert [int(p["id"]) for p in synced.people()] == [person]
    assert synced.person_of(contact)["leadsyncDynamicsType"] == "Contact"
    synced.edit_person(person, city="Lund")
    synced.edit_row(contact, "contact", jobtitle="CFO")
    synced.cycle()
    assert synced.row(contact, "contact")["address1_city"] == "Lund"
    assert synced.person(person)["title"] == "CFO"
    synced.edit_row(lead, description="an afterthought on the closed lead")
    synced.forget_calls()
    synced.cycle()
    synced.cycle()
    assert synced.person(person)["mktoPersonNotes"] is None
    assert synced.record_writes() == 0


def test_s095_a_contact_made_by_another_process_is_known_by_its_lead(synced: Synced) -> None:
    person, lead = synced.linked(emailaddress1="a@example.com")
    bind = {"originatingleadid@odata.bind": f"/leads({lead})"}
    contact = synced.new_row("contact", lastname="Ny", emailaddress1="new@example.com", **bind)
    synced.cycle()
    assert synced.person_of(contact)["id"] == person
    assert synced.person(person)["email"] == "new@example.com"


def test_s093_a_lead_qualified_into_a_contact_with_a_person_is_reported(synced: Synced) -> None:
    first, contact = synced.linked("contact", emailaddress1="a@example.com")
    second, lead = synced.linked(emailaddress1="b@example.com")
    synced.edit_row(lead, **{"parentcontactid@odata.bind": f"/contacts({contact})"})
    synced.dynamics.control.edit("qualify", table="lead", id=lead, contact=False)
    synced.cycle()
    assert synced.person_of(contact)["id"] == first
    [item] = synced.engine.store.quarantine(statuses=("open",))
    assert item["failures"][0]["rule"] == "merged_in_dynamics"
    assert (item["dynamics_id"], item["marketo_id"]) == (lead, second)
    synced.edit_person(second, title="CIO")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0


def test_s094_a_lead_qualified_while_the_cycle_writes_goes_on_as_a_contact(
    synced: Synced,
) -> None:
    person, lead = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, city="Lund")
    edit = {"operation": "qualify", "table": "lead", "id": lead, "contact": True}
    match = {"path": "batch"}
    synced.dynamics.control.faults("edit_before_write", match=match, params={"edit": edit})
    report = synced.cycle()
    assert report["counts"]["to_dynamics"]["lead"]["deferred"] == 1
    assert synced.row(lead)["address1_city"] is None
    synced.cycle()
    [contact] = synced.dynamics.control.records("contact")
    assert contact["address1_city"] == "Lund"
    assert synced.person_of(contact["contactid"])["id"] == person


def test_s096_a_disqualified_lead_tells_why_and_takes_changes_when_open_again(
    synced: Synced,
) -> None:
    add_field(synced, "statusReason", "string")
    remap(synced, {"marketo": "statusReason", "lead": "statuscode", "direction": "to_marketo"})
    person, lead = synced.linked(emailaddress1="a@example.com")
    synced.dynamics.control.edit("deactivate", table="lead", id=lead)
    synced.cycle()
    told = synced.person(person)
    assert (told["leadStatus"], told["statusReason"]) == ("Disqualified", "Lost")
    synced.edit_person(person, title="CIO")
    report = synced.cycle()
    assert report["counts"]["to_dynamics"]["lead"]["out_of_scope"] == 1
    assert synced.row(lead)["jobtitle"] is None
    synced.dynamics.control.edit("activate", table="lead", id=lead)
    synced.cycle()
    assert synced.row(lead)["jobtitle"] == "CIO"


def test_s090_a_contact_kept_out_leaves_the_person_with_the_leads_last_values(
    synced: Synced,
) -> None:
    person, lead = synced.linked(emailaddress1="a@example.com", jobtitle="CTO")
    contact = qualify(synced, lead)
    synced.edit_row(contact, "contact", new_synctomkto=False, jobtitle="CIO")
    synced.cycle()
    assert synced.person(person)["title"] == "CTO"
    assert synced.person(person)["leadsyncDynamicsType"] == "Lead"
    synced.edit_person(person, city="Lund")
    synced.edit_row(contact, "contact", jobtitle="CFO")
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
