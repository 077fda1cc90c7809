"""Answers fit the published API definition (tests/data/marketo-responses.json names its origin)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from support.marketo_rest import Json, Rest

PUBLISHED = Path(__file__).parents[2] / "data" / "marketo-responses.json"
#: where recorded answers differ from the definition (reference/marketo-rest.md 3.1, 8, 22):
#: these members are absent on success, on empty pages, on skipped records, on migrated instances,
#: and in the answer to a bulk import's submission.
ABSENT_IN_PRACTICE = {"errors", "warnings", "result", "id", "status", "numOfLeadsProcessed"}
#: the definition reuses the request's item for the answer's.
ANSWERED_AS_STATUS = ("CustomActivity",)


@cache
def published() -> Json:
    found: Json = json.loads(PUBLISHED.read_text())
    for name, definition in found["definitions"].items():
        required = set(definition.get("required", [])) - ABSENT_IN_PRACTICE
        if name in ANSWERED_AS_STATUS:
            required = set()
        definition.pop("required", None)
        if required:
            definition["required"] = sorted(required)
    found["definitions"]["Attribute"]["properties"]["value"] = {}
    new_value = found["definitions"]["LeadChangeField"]["properties"]["newValue"]
    new_value["type"] = ["string", "null"]
    return found


def check(path: str, verb: str, answer: Json) -> Json:
    """Validate a success against the definition of ``verb path`` and return it."""
    assert answer["success"] is True, answer
    name = published()["responses"][path][verb]
    schema = {"$ref": f"#/definitions/{name}", "definitions": published()["definitions"]}
    Draft4Validator(schema).validate(answer)
    return answer


def test_the_check_notices_a_wrong_type() -> None:
    from jsonschema import ValidationError

    wrong: dict[str, Any] = {"requestId": 1, "success": True, "result": []}
    with pytest.raises(ValidationError):
        check("/rest/v1/leads.json", "get", wrong)


def test_leads(rest: Rest) -> None:
    leads = "/rest/v1/leads.json"
    records = [{"email": "a@x.com"}, {"email": "b@x.com"}, {"email": "bad"}]
    made = check(leads, "post", rest.post(leads, {"input": records}))["result"]
    first, second = made[0]["id"], made[1]["id"]
    check(leads, "get", rest.get(leads, filterType="email", filterValues="a@x.com"))
    check("/rest/v1/lead/{leadId}.json", "get", rest.get(f"/rest/v1/lead/{first}.json"))
    merge = rest.post(f"/rest/v1/leads/{first}/merge.json?leadIds={second}", {})
    check("/rest/v1/leads/{leadId}/merge.json", "post", merge)
    gone = {"input": [{"id": first}, {"id": 9}]}
    check("/rest/v1/leads/delete.json", "post", rest.post("/rest/v1/leads/delete.json", gone))


def test_fields_and_partitions(rest: Rest) -> None:
    for path in ("leads/describe", "leads/describe2", "leads/partitions", "leads/schema/fields"):
        check(f"/rest/v1/{path}.json", "get", rest.get(f"/rest/v1/{path}.json"))
    fields = "/rest/v1/leads/schema/fields.json"
    field = {"name": "own", "displayName": "Own", "dataType": "string"}
    check(fields, "post", rest.post(fields, {"input": [field]}))
    one = "/rest/v1/leads/schema/fields/{fieldApiName}.json"
    path = one.replace("{fieldApiName}", "own")
    check(one, "get", rest.get(path))
    check(one, "post", rest.post(path, {"input": [{"isHidden": True}]}))


def test_activities(rest: Rest) -> None:
    number = rest.create(email="a@x.com", firstName="A")
    rest.sync({"email": "a@x.com", "firstName": None, "leadScore": 1})
    since = {"sinceDatetime": "2020-01-01T00:00:00Z"}
    path = "/rest/v1/activities/pagingtoken.json"
    token = check(path, "get", rest.get(path, **since))["nextPageToken"]
    path = "/rest/v1/activities/leadchanges.json"
    changes = rest.get(path, nextPageToken=token, fields="firstName")
    assert len(check(path, "get", changes)["result"]) == 2
    path = "/rest/v1/activities.json"
    rows = rest.get(path, nextPageToken=token, activityTypeIds="12,13,22")
    assert len(check(path, "get", rows)["result"]) == 3
    rest.post("/rest/v1/leads/delete.json", {"input": [{"id": number}]})
    path = "/rest/v1/activities/deletedleads.json"
    assert len(check(path, "get", rest.get(path, nextPageToken=token))["result"]) == 1
    path = "/rest/v1/activities/types.json"
    check(path, "get", rest.get(path))


def test_custom_activities(rest: Rest) -> None:
    path = "/rest/v1/activities/external/type.json"
    spec: Json = {
        "apiName": "lsFail",
        "name": "Fail",
        "triggerName": "Fails",
        "filterName": "Failed",
    }
    spec["primaryAttribute"] = {"apiName": "field", "name": "Field", "dataType": "string"}
    type_id = check(path, "post", rest.post(path, spec))["result"][0]["id"]
    approve = "/rest/v1/activities/external/type/{apiName}/approve.json"
    check(approve, "post", rest.post(approve.replace("{apiName}", "lsFail")))
    path = "/rest/v1/activities/external/types.json"
    check(path, "get", rest.get(path))
    item = {
        "leadId": rest.create(email="a@x.com"),
        "activityDate": "2026-01-31T10:00:00Z",
        "activityTypeId": type_id,
        "primaryAttributeValue": "x",
        "attributes": [],
    }
    path = "/rest/v1/activities/external.json"
    check(path, "post", rest.post(path, {"input": [item, {**item, "leadId": 9}]}))


def test_companies_lists_and_statistics(rest: Rest) -> None:
    companies = "/rest/v1/companies.json"
    record = {"externalCompanyId": "acc-1", "company": "Acme"}
    check(companies, "post", rest.post(companies, {"input": [record, record]}))
    query = {"filterType": "company", "filterValues": "Acme"}
    check(companies, "get", rest.get(companies, **query))
    path = "/rest/v1/companies/describe.json"
    check(path, "get", rest.get(path))
    number = rest.control.edit("create", table="lists", fields={"name": "Partners"})
    check("/rest/v1/lists.json", "get", rest.get("/rest/v1/lists.json"))
    members = "/rest/v1/lists/{listId}/leads.json"
    path = members.replace("{listId}", str(number))
    body = {"input": [{"id": rest.create(email="a@x.com")}, {"id": 9}]}
    check(members, "post", rest.post(path, body))
    check(members, "get", rest.get(path))
    for path in ("/rest/v1/stats/usage.json", "/rest/v1/stats/errors.json"):
        check(path, "get", rest.get(path))


def test_bulk_jobs(rest: Rest) -> None:
    span = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-31T00:00:00Z"}
    body = {"fields": ["id"], "filter": {"createdAt": span}}
    path = "/bulk/v1/leads/export/create.json"
    job = check(path, "post", rest.post(path, body))["result"][0]["exportId"]
    enqueue = "/bulk/v1/leads/export/{exportId}/enqueue.json"
    check(enqueue, "post", rest.post(enqueue.replace("{exportId}", job)))
    rest.control.advance(120)
    status = "/bulk/v1/leads/export/{exportId}/status.json"
    done = check(status, "get", rest.get(status.replace("{exportId}", job)))
    assert done["result"][0]["status"] == "Completed"
    check("/bulk/v1/leads/export.json", "get", rest.get("/bulk/v1/leads/export.json"))
    files = {"file": ("p.csv", b"email\na@x.com\n")}
    path = "/bulk/v1/leads.json"
    made = check(path, "post", rest.raw("POST", f"{path}?format=csv", files=files).json())
    batch = "/bulk/v1/leads/batch/{batchId}.json"
    number = made["result"][0]["batchId"]
    check(batch, "get", rest.get(batch.replace("{batchId}", str(number))))
