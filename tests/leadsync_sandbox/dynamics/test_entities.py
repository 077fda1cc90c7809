"""Create, read, update, delete: the header matrix (reference/dataverse-webapi.md 5, 6)."""

from __future__ import annotations

import uuid

import pytest

from support.organisation import API, REPRESENTATION, Organisation

ANY = {"If-Match": "*"}
NEW_ONLY = {"If-None-Match": "*"}


def test_create_answers_with_the_address_only(org: Organisation) -> None:
    reply = org.call("POST", "leads", {"lastname": "Orton"})

    assert (reply.status, reply.text) == (204, "")
    assert reply.headers["OData-EntityId"] == f"{API}leads({reply.created_id})"


def test_create_with_representation_tells_the_etag(org: Organisation) -> None:
    reply = org.call("POST", "leads?$select=subject", {"subject": "Web"}, REPRESENTATION)

    assert reply.status == 201
    assert reply.headers["Preference-Applied"] == "return=representation"
    assert reply.json["@odata.etag"] == reply.headers["ETag"]
    assert set(reply.json) == {"@odata.context", "@odata.etag", "subject", "leadid"}


def test_create_fills_in_what_the_platform_knows(org: Organisation) -> None:
    row = org.row("leads", org.create("leads", firstname="Ann", lastname="Öst", revenue=100))
    caller = org.get("WhoAmI").json["UserId"]

    assert row["fullname"] == "Ann Öst"
    assert (row["statecode"], row["statuscode"], row["leadqualitycode"]) == (0, 1, 2)
    assert row["_ownerid_value"] == row["_owninguser_value"] == row["_createdby_value"] == caller
    assert row["createdon"] == row["modifiedon"]
    assert (row["followemail"], row["donotemail"]) == (True, False)
    assert (row["revenue_base"], row["exchangerate"]) == (100, 1)
    assert row["_transactioncurrencyid_value"]


def test_a_client_guid_makes_create_repeatable(org: Organisation) -> None:
    row_id = str(uuid.uuid4())
    assert org.create("leads", leadid=row_id, lastname="A") == row_id

    again = org.call("POST", "leads", {"leadid": row_id, "lastname": "A"})

    assert (again.status, again.code) == (412, "0x80040237")


def test_business_required_columns_are_not_enforced(org: Organisation) -> None:
    assert org.row("leads", org.create("leads", firstname="X"))["lastname"] is None
    assert org.row("contacts", org.create("contacts", firstname="X"))["fullname"] == "X"


@pytest.mark.parametrize(
    ("headers", "existing", "missing"),
    [
        ({}, 204, 204),
        (ANY, 204, 404),
        (NEW_ONLY, 412, 204),
        (REPRESENTATION, 200, 201),
        ({**REPRESENTATION, **ANY}, 200, 404),
    ],
)
def test_patch_by_headers(
    org: Organisation, headers: dict[str, str], existing: int, missing: int
) -> None:
    row_id = org.create("leads", lastname="A")

    assert org.patch(f"leads({row_id})", headers, lastname="B").status == existing
    assert org.patch(f"leads({uuid.uuid4()})", headers, lastname="B").status == missing


def test_a_stale_etag_fails_and_changes_nothing(org: Organisation) -> None:
    row_id = org.create("leads", lastname="A")
    stale = org.row("leads", row_id)["@odata.etag"]
    assert org.patch(f"leads({row_id})", {"If-Match": stale}, lastname="B").status == 204

    reply = org.patch(f"leads({row_id})", {"If-Match": stale}, lastname="C")

    assert (reply.status, reply.code) == (412, "0x80060882")
    assert org.row("leads", row_id)["lastname"] == "B"
    assert org.call("DELETE", f"leads({row_id})", None, {"If-Match": stale}).status == 412


def test_an_etag_that_is_none_is_refused(org: Organisation) -> None:
    row_id = org.create("leads", lastname="A")

    for wrong in ('W/\\"1\\"', "1", '"1"'):
        assert org.patch(f"leads({row_id})", {"If-Match": wrong}, lastname="B").status == 400


def test_the_etag_is_the_version(org: Organisation) -> None:
    row_id = org.create("leads", lastname="A")
    before = org.row("leads", row_id)
    org.patch(f"leads({row_id})", lastname="A")
    after = org.row("leads", row_id)

    assert before["@odata.etag"] == f'W/"{before["versionnumber"]}"'
    assert after["versionnumber"] > before["versionnumber"] > 2**31


def test_state_and_owner_are_internal_updates_of_their_own(org: Organisation) -> None:
    row_id = org.create("leads", lastname="A")
    before = org.row("leads", row_id)["versionnumber"]

    org.patch(f"leads({row_id})", lastname="B", statecode=2)

    assert org.row("leads", row_id)["versionnumber"] == before + 2


def test_conditional_get_is_304_only_without_annotations(org: Organisation) -> None:
    row_id = org.create("leads", lastname="A")
    known = {"If-None-Match": org.row("leads", row_id)["@odata.etag"]}
    annotated = {**known, "Prefer": 'odata.include-annotations="*"'}

    assert org.get(f"leads({row_id})", known).status == 304
    assert org.get(f"leads({row_id})", annotated).status == 200
    assert org.get(f"leads({row_id})", {"If-None-Match": "null"}).status == 200


def test_a_missing_row_is_404(org: Organisation) -> None:
    gone = str(uuid.uuid4())

    for method in ("GET", "DELETE"):
        reply = org.call(method, f"leads({gone})")
        assert (reply.status, reply.code) == (404, "0x80040217")
        assert reply.message == f"lead With Id = {gone} Does Not Exist"


def test_delete_removes_the_row_and_its_leads(org: Organisation) -> None:
    account = org.create("accounts", name="Contoso")
    customer = {"customerid_account@odata.bind": f"/accounts({account})"}
    lead = org.create("leads", lastname="A", **customer)
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({account})"}
    contact = org.create("contacts", lastname="B", **parent)

    assert org.call("DELETE", f"accounts({account})").status == 204

    assert org.get(f"leads({lead})").status == 404
    assert org.row("contacts", contact)["_parentcustomerid_value"] is None


def test_a_currency_in_use_cannot_be_deleted(org: Organisation) -> None:
    org.create("leads", lastname="A", revenue=1)
    currency = org.get("transactioncurrencies", filter="isocurrencycode eq 'USD'").json["value"][0]

    reply = org.call("DELETE", f"transactioncurrencies({currency['transactioncurrencyid']})")

    assert (reply.status, reply.code) == (405, "0x80040227")


def test_single_properties(org: Organisation) -> None:
    row_id = org.create("leads", subject="Web")

    assert org.get(f"leads({row_id})/subject").json["value"] == "Web"
    assert org.get(f"leads({row_id})/subject/$value").text == "Web"
    assert org.call("PUT", f"leads({row_id})/subject", {"value": "Fair"}).status == 204
    assert org.row("leads", row_id)["subject"] == "Fair"
    assert org.call("DELETE", f"leads({row_id})/subject").status == 204
    assert org.get(f"leads({row_id})/subject").status == 204


def test_created_on_can_be_back_dated_but_not_post_dated(org: Organisation) -> None:
    row = org.row("leads", org.create("leads", overriddencreatedon="2020-01-02T03:04:05Z"))
    late = org.call("POST", "leads", {"overriddencreatedon": "2120-01-01T00:00:00Z"})

    assert row["createdon"] == row["modifiedon"] == "2020-01-02T03:04:05Z"
    assert row["overriddencreatedon"] > "2021"
    assert late.status == 400


def test_links_between_rows(org: Organisation) -> None:
    account, contact = org.create("accounts", name="A"), org.create("contacts", lastname="B")
    collection = f"accounts({account})/contact_customer_accounts"

    added = org.call("POST", f"{collection}/$ref", {"@odata.id": f"{API}contacts({contact})"})
    assert added.status == 204
    assert org.row("contacts", contact)["_parentcustomerid_value"] == account
    assert org.row("contacts", contact)["_accountid_value"] == account

    removed = org.call("DELETE", f"contacts({contact})/parentcustomerid_account/$ref")
    assert removed.status == 204
    assert org.row("contacts", contact)["_parentcustomerid_value"] is None


def test_a_nested_row_is_created_with_its_parent(org: Organisation) -> None:
    contact = org.create("contacts", lastname="B", parentcustomerid_account={"name": "New Ltd"})

    account = org.row("contacts", contact)["_parentcustomerid_value"]

    assert org.row("accounts", account)["name"] == "New Ltd"
