"""Fields (reference/marketo-rest.md 7.1)."""

from __future__ import annotations

from support.marketo_rest import Rest

FIELDS = "/rest/v1/leads/schema/fields.json"


def test_describe_shows_91_fields_as_recorded(rest: Rest) -> None:
    found = rest.get("/rest/v1/leads/describe.json")["result"]
    by_name = {item["rest"]["name"]: item for item in found}
    assert len(by_name) == 91
    last = by_name["lastName"]
    assert (last["displayName"], last["dataType"], last["length"]) == ("Last Name", "string", 255)
    assert last["soap"] == {"name": "LastName", "readOnly": False}
    assert by_name["createdAt"]["rest"]["readOnly"] is True
    assert by_name["id"]["rest"]["readOnly"] is False
    assert "length" not in by_name["leadScore"]
    assert by_name["leadScore"]["dataType"] == "integer"
    assert "leadsyncDynamicsId" not in by_name


def test_describe2_says_what_is_searchable_and_updateable(rest: Rest) -> None:
    (found,) = rest.get("/rest/v1/leads/describe2.json")["result"]
    assert found["name"] == "API Lead"
    assert ["email"] in found["searchableFields"]
    assert ["firstName"] not in found["searchableFields"]
    by_name = {item["name"]: item for item in found["fields"]}
    assert by_name["id"]["updateable"] is False
    assert by_name["email"]["crmManaged"] is False


def test_a_field_is_created_used_hidden_and_never_deleted(rest: Rest) -> None:
    field = {"name": "leadsyncDynamicsId", "displayName": "Dynamics Id", "dataType": "string"}
    assert rest.post(FIELDS, {"input": [field]})["result"] == [
        {"name": "leadsyncDynamicsId", "status": "created"}
    ]
    assert rest.code(rest.post(FIELDS, {"input": [field]})) == "1017"
    path = "/rest/v1/leads/schema/fields/leadsyncDynamicsId.json"
    (shown,) = rest.get(path)["result"]
    assert (shown["isCustom"], shown["isApiCreated"], shown["length"]) == (True, True, 255)
    (made,) = rest.sync(
        {"leadsyncDynamicsId": "g", "email": "a@x.com"}, lookupField="leadsyncDynamicsId"
    )
    assert made["status"] == "created"
    hidden = rest.post(path, {"input": [{"isHidden": True}]})
    assert hidden["result"] == [{"name": "leadsyncDynamicsId", "status": "updated"}]
    described = rest.get("/rest/v1/leads/describe.json")["result"]
    (item,) = [item for item in described if item["displayName"] == "Dynamics Id"]
    assert "rest" not in item


def test_bad_fields_are_refused_and_standard_ones_are_fixed(rest: Rest) -> None:
    bad = [
        {"name": "1x", "displayName": "One", "dataType": "string"},
        {"name": "x", "displayName": "X", "dataType": "blob"},
        {"name": "y", "displayName": "First Name", "dataType": "string"},
        {"name": "z", "dataType": "string"},
    ]
    good = {"name": "ok", "displayName": "Ok", "dataType": "string"}
    codes = [rest.code(rest.post(FIELDS, {"input": [good, field]})) for field in bad]
    assert codes == ["1003", "1003", "1017", "1002"]
    assert rest.code(rest.get("/rest/v1/leads/schema/fields/ok.json")) == "1006"
    rest.control.settings(field_create_failure="record")
    created, skipped = rest.post(FIELDS, {"input": [good, bad[0]]})["result"]
    assert (created["status"], skipped["status"]) == ("created", "skipped")
    path = "/rest/v1/leads/schema/fields/firstName.json"
    assert rest.code(rest.post(path, {"input": [{"isHidden": True}]})) == "1003"
    assert rest.code(rest.get("/rest/v1/leads/schema/fields/nope.json")) == "1006"


def test_fields_page_and_end_at_100_of_our_own(rest: Rest) -> None:
    many = [{"name": f"f{n}", "displayName": f"F {n}", "dataType": "url"} for n in range(100)]
    assert rest.post(FIELDS, {"input": many})["success"]
    more = {"name": "g", "displayName": "G", "dataType": "url"}
    assert rest.code(rest.post(FIELDS, {"input": [more]})) == "1003"
    first = rest.get(FIELDS, batchSize=150)
    assert first["moreResult"] is True
    second = rest.get(FIELDS, batchSize=150, nextPageToken=first["nextPageToken"])
    assert (len(first["result"]), len(second["result"]), second["moreResult"]) == (150, 41, False)
