"""Alternate keys (reference/dataverse-webapi.md 6.2, 12)."""

from __future__ import annotations

import pytest

from support.organisation import API, REPRESENTATION, Organisation

LEADS = "EntityDefinitions(LogicalName='lead')"


def make_key(org: Organisation) -> None:
    """Create leadsync's own columns and key as a client would."""
    for schema_name, kind in (("new_MarketoId", "Integer"), ("new_Code", "String")):
        column = {
            "@odata.type": f"Microsoft.Dynamics.CRM.{kind}AttributeMetadata",
            "SchemaName": schema_name,
            "DisplayName": {"LocalizedLabels": [{"Label": schema_name, "LanguageCode": 1033}]},
        }
        assert org.call("POST", f"{LEADS}/Attributes", column).status == 204
        key = {
            "SchemaName": f"{schema_name}_Key",
            "KeyAttributes": [schema_name.lower()],
            "DisplayName": {"LocalizedLabels": [{"Label": "Own key", "LanguageCode": 1033}]},
        }
        assert org.call("POST", f"{LEADS}/Keys", key).status == 204


def test_the_columns_do_not_exist_at_first(org: Organisation) -> None:
    assert org.call("POST", "leads", {"new_marketoid": 1}).code == "0x80048d19"
    assert org.get(f"{LEADS}/Keys").json["value"] == []


def test_upsert_by_key(org: Organisation) -> None:
    make_key(org)

    first = org.patch("leads(new_marketoid=7)", REPRESENTATION, lastname="A")
    second = org.patch("leads(new_marketoid=7)", REPRESENTATION, lastname="B", new_marketoid=9)
    quiet = org.patch("leads(new_marketoid=7)", lastname="C")

    assert (first.status, second.status, quiet.status) == (201, 200, 204)
    assert second.json["leadid"] == first.json["leadid"]
    assert second.json["new_marketoid"] == 7
    assert quiet.headers["OData-EntityId"] == f"{API}leads(new_marketoid=7)"


def test_reading_by_key(org: Organisation) -> None:
    make_key(org)
    lead = org.create("leads", new_code="it's")

    assert org.get("leads(new_code='it''s')").json["leadid"] == lead
    assert org.get("leads(new_code='IT''S')").json["leadid"] == lead
    missing = org.get("leads(new_code='other')")
    assert (missing.status, missing.code) == (404, "0x80060891")


def test_keys_are_unique_and_the_error_hides_the_other_row(org: Organisation) -> None:
    make_key(org)
    lead = org.create("leads", new_marketoid=7)
    other = org.create("leads", lastname="A")

    for reply in (
        org.call("POST", "leads", {"new_marketoid": 7}),
        org.patch(f"leads({other})", new_marketoid=7),
    ):
        assert (reply.status, reply.code) == (412, "0x80060892")
        assert reply.message.startswith("Entity Key Own key violated. A record with the same")
        assert lead not in reply.text
    assert org.patch(f"leads({lead})", new_marketoid=7).status == 204


def test_error_details_come_with_all_annotations(org: Organisation) -> None:
    make_key(org)
    org.create("leads", new_marketoid=7)
    prefer = {"Prefer": 'odata.include-annotations="*"'}

    reply = org.call("POST", "leads", {"new_marketoid": 7}, prefer)

    detail = "@Microsoft.PowerApps.CDS.ErrorDetails.DuplicateAttributes"
    assert "<new_marketoid>7</new_marketoid>" in reply.json["error"][detail]


def test_null_is_not_constrained(org: Organisation) -> None:
    make_key(org)

    org.create("leads", new_marketoid=None)
    org.create("leads", new_marketoid=None)

    assert len(org.get("leads").json["value"]) == 2


@pytest.mark.parametrize("value", ["a%2Bb", "a%2Fb", "a%25b", "a%3Ab", "a%26b", "a%3Cb"])
def test_some_characters_cannot_be_addressed(org: Organisation, value: str) -> None:
    make_key(org)

    assert org.get(f"leads(new_code='{value}')").status == 400


def test_keys_that_are_not_defined(org: Organisation) -> None:
    reply = org.get("leads(emailaddress1='a')")

    assert reply.status == 400
    assert reply.message.startswith("The key in the request URI is not valid for resource")


def test_a_number_key_takes_no_quotes(org: Organisation) -> None:
    make_key(org)

    assert org.get("leads(new_marketoid='7')").status == 400


def test_a_pending_key_is_unusable(org: Organisation) -> None:
    org.switch(key_index_pending=True)
    make_key(org)
    assert org.get("leads(new_marketoid=7)").status == 400

    org.edit("activate_keys")

    assert org.get("leads(new_marketoid=7)").status == 404


def test_a_key_over_duplicates_fails(org: Organisation) -> None:
    for _ in range(2):
        org.create("leads", emailaddress1="a@b.example")

    org.edit("add_key", table="lead", schema_name="new_Mail", columns=["emailaddress1"])

    [key] = org.get(f"{LEADS}/Keys").json["value"]
    assert key["EntityKeyIndexStatus"] == "Failed"


def test_users_are_not_addressed_by_a_named_key(org: Organisation) -> None:
    user = org.get("WhoAmI").json["UserId"]

    assert org.get(f"systemusers({user})").status == 200
    assert org.get(f"systemusers(systemuserid={user})").status == 400


def test_upsert_multiple_by_key(org: Organisation) -> None:
    make_key(org)
    target = {"@odata.type": "Microsoft.Dynamics.CRM.lead", "@odata.id": "leads(new_marketoid=7)"}
    action = "leads/Microsoft.Dynamics.CRM.UpsertMultiple"

    for name in ("A", "B"):
        body = {"Targets": [{**target, "lastname": name}]}
        assert org.call("POST", action, body).status == 204

    [lead] = org.get("leads").json["value"]
    assert (lead["lastname"], lead["new_marketoid"]) == ("B", 7)
    repeated = {**target, "@odata.id": "leads(new_marketoid=8)", "new_marketoid": 8}
    assert org.call("POST", action, {"Targets": [repeated]}).code == "0x80040216"
