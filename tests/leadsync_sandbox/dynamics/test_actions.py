"""Bulk actions, qualification and merge (reference/dataverse-webapi.md 8.3, 8.4, 12, 13)."""

from __future__ import annotations

import uuid

from support.organisation import Organisation, Reply

LEAD = {"@odata.type": "Microsoft.Dynamics.CRM.lead"}
BULK = "leads/Microsoft.Dynamics.CRM."


def test_create_multiple_keeps_the_order(org: Organisation) -> None:
    targets = [{**LEAD, "subject": str(n)} for n in range(3)]

    reply = org.call("POST", f"{BULK}CreateMultiple", {"Targets": targets})

    assert reply.status == 200
    found = [org.row("leads", row_id)["subject"] for row_id in reply.json["Ids"]]
    assert found == ["0", "1", "2"]


def test_one_bad_target_rolls_back_all(org: Organisation) -> None:
    targets = [{**LEAD, "subject": "good"}, {**LEAD, "mobilephone": "1" * 21}]

    assert org.call("POST", f"{BULK}CreateMultiple", {"Targets": targets}).code == "0x80044331"

    assert org.get("leads").json["value"] == []


def test_update_multiple(org: Organisation) -> None:
    lead = org.create("leads", subject="a")
    good = {**LEAD, "leadid": lead, "subject": "b"}
    missing = {**LEAD, "leadid": str(uuid.uuid4()), "subject": "b"}

    assert org.call("POST", f"{BULK}UpdateMultiple", {"Targets": [good]}).status == 204
    assert org.row("leads", lead)["subject"] == "b"
    reply = org.call("POST", f"{BULK}UpdateMultiple", {"Targets": [missing]})
    assert reply.code == "0x80040217"
    assert "Do Not Exist" in reply.message


def test_targets_are_checked(org: Organisation) -> None:
    def message(body: object) -> str:
        return org.call("POST", f"{BULK}CreateMultiple", body).message

    assert message({}) == "Required field 'Targets' is missing"
    assert "cannot be null or empty" in message({"Targets": []})
    assert "@odata.type" in message({"Targets": [{"subject": "x"}]})
    mixed = {"Targets": [{"@odata.type": "Microsoft.Dynamics.CRM.contact"}]}
    assert "Platform Name: contact" in message(mixed)


def test_bulk_actions_can_be_absent(org: Organisation) -> None:
    body = {"Targets": [{**LEAD, "subject": "a"}]}
    assert org.call("POST", f"{BULK}DeleteMultiple", body).status == 405

    org.switch(bulk_actions_off=["lead.CreateMultiple"])

    assert org.call("POST", f"{BULK}CreateMultiple", body).status == 404


def qualify(org: Organisation, lead: str, **wanted: object) -> Reply:
    body = {"CreateAccount": False, "CreateContact": True, "CreateOpportunity": False, "Status": 3}
    path = f"leads({lead})/Microsoft.Dynamics.CRM.QualifyLead"
    return org.call("POST", path, {**body, **wanted})


def test_qualification_makes_rows_that_point_back(org: Organisation) -> None:
    lead = org.create("leads", lastname="A", companyname="Contoso", emailaddress1="a@b.example")

    reply = qualify(org, lead, CreateAccount=True, CreateOpportunity=True, Status=-1)

    assert reply.status == 200
    account, contact, opportunity = reply.json["value"]
    closed = org.row("leads", lead)
    made = org.row("contacts", contact["contactid"])
    assert (closed["statecode"], closed["statuscode"]) == (1, 3)
    assert closed["_parentcontactid_value"] == contact["contactid"]
    assert (made["lastname"], made["emailaddress1"]) == ("A", "a@b.example")
    assert made["_originatingleadid_value"] == lead
    assert made["_parentcustomerid_value"] == account["accountid"]
    assert opportunity["@odata.type"] == "#Microsoft.Dynamics.CRM.opportunity"


def test_qualification_is_refused_for_closed_leads_and_bad_reasons(org: Organisation) -> None:
    lead = org.create("leads", lastname="A")

    assert "is not a valid status code on lead" in qualify(org, lead, Status=4).message
    assert qualify(org, lead, CreateContact=None).message == (
        "Required field 'CreateContact' is missing"
    )
    assert qualify(org, lead).status == 200
    assert qualify(org, lead).message == "The lead is already closed."
    assert qualify(org, str(uuid.uuid4())).status == 404


def test_a_bare_state_change_qualifies_nobody(org: Organisation) -> None:
    lead = org.create("leads", lastname="A")

    org.patch(f"leads({lead})", statecode=1)

    assert org.get("contacts").json["value"] == []


def test_merge_deactivates_the_subordinate(org: Organisation) -> None:
    winner, loser = (org.create("contacts", lastname=name) for name in "AB")
    lead = org.create(
        "leads", lastname="L", **{"parentcontactid@odata.bind": f"/contacts({loser})"}
    )
    contact = {"@odata.type": "Microsoft.Dynamics.CRM.contact"}

    reply = org.call(
        "POST",
        "Merge",
        {
            "Target": {**contact, "contactid": winner},
            "Subordinate": {**contact, "contactid": loser},
            "UpdateContent": {**contact, "jobtitle": "CTO"},
            "PerformParentingChecks": False,
        },
    )

    assert reply.status == 204
    merged = org.row("contacts", loser)
    assert (merged["merged"], merged["_masterid_value"]) == (True, winner)
    assert (merged["statecode"], merged["statuscode"]) == (1, 2)
    assert org.row("contacts", winner)["jobtitle"] == "CTO"
    assert org.row("leads", lead)["_parentcontactid_value"] == winner


def test_duplicates_are_looked_for_only_when_asked(org: Organisation) -> None:
    org.create("leads", emailaddress1="a@b.example")
    body = {"emailaddress1": "A@b.example"}

    assert org.call("POST", "leads", body).status == 204
    detect = {"MSCRM.SuppressDuplicateDetection": "false"}
    refused = org.call("POST", "leads", body, detect)
    assert (refused.status, refused.code) == (412, "0x80040333")
    org.switch(duplicate_detection=False)
    assert org.call("POST", "leads", body, detect).status == 204
