"""Custom activity types and activities (reference/marketo-rest.md 9; 21 item 22)."""

from __future__ import annotations

import pytest

from support.marketo_rest import Json, Rest

TYPE = "/rest/v1/activities/external/type"
ADD = "/rest/v1/activities/external.json"


def create_type(rest: Rest, name: str = "lsSyncFailed") -> Json:
    answer = rest.post(
        f"{TYPE}.json",
        {
            "apiName": name,
            "name": f"{name} Activity",
            "triggerName": f"{name} happens",
            "filterName": f"{name} happened",
            "primaryAttribute": {"apiName": "field", "name": "Field", "dataType": "string"},
        },
    )
    assert answer["success"], answer
    return dict(answer["result"][0])


def add_attribute(rest: Rest, *names: str) -> Json:
    attributes = [{"apiName": n, "name": n.title(), "dataType": "string"} for n in names]
    path = f"{TYPE}/lsSyncFailed/attributes/create.json"
    return rest.post(path, {"attributes": attributes})


def approve(rest: Rest) -> Json:
    return rest.post(f"{TYPE}/lsSyncFailed/approve.json")


def activity(person: int, type_id: int, **changes: object) -> Json:
    return {
        "leadId": person,
        "activityDate": "2026-01-31T10:00:00+07:00",
        "activityTypeId": type_id,
        "primaryAttributeValue": "firstname",
        "attributes": [],
        **changes,
    }


@pytest.fixture
def type_id(rest: Rest) -> int:
    made = create_type(rest)
    assert add_attribute(rest, "rule", "message")["success"]
    assert approve(rest)["result"][0]["status"] == "approved"
    return int(made["id"])


def test_life_cycle_from_draft_to_deleted(rest: Rest) -> None:
    assert create_type(rest)["status"] == "draft"
    assert add_attribute(rest, "rule")["result"][0]["status"] == "draft"
    assert approve(rest)["result"][0]["status"] == "approved"
    assert add_attribute(rest, "message")["result"][0]["status"] == "approved with draft"
    path = f"{TYPE}/lsSyncFailed/describe.json"
    assert len(rest.get(path)["result"][0]["attributes"]) == 1
    assert len(rest.get(path, draft="true")["result"][0]["attributes"]) == 2
    renamed = {"attributes": [{"apiName": "message", "name": "Text"}]}
    assert rest.post(f"{TYPE}/lsSyncFailed/attributes/update.json", renamed)["success"]
    removed = {"attributes": [{"apiName": "message"}]}
    gone = rest.post(f"{TYPE}/lsSyncFailed/attributes/delete.json", removed)["result"][0]
    assert [item["apiName"] for item in gone["attributes"]] == ["rule"]
    assert rest.post(f"{TYPE}/lsSyncFailed/discardDraft.json")["result"][0]["status"] == "approved"
    assert rest.code(rest.post(f"{TYPE}/lsSyncFailed/discardDraft.json")) == "1048"
    assert rest.code(rest.post(f"{TYPE}/lsSyncFailed.json", {"name": "Other"})) == "1003"
    assert rest.post(f"{TYPE}/lsSyncFailed.json", {"description": "d"})["success"]
    assert rest.post(f"{TYPE}/lsSyncFailed/delete.json")["result"][0]["status"] == "deleted"
    assert rest.get("/rest/v1/activities/external/types.json")["result"] == []


def test_at_most_10_types_and_20_attributes(rest: Rest) -> None:
    for number in range(9):
        create_type(rest, f"type{number}")
    create_type(rest)
    eleventh = {
        "apiName": "x",
        "name": "x",
        "triggerName": "x",
        "filterName": "x",
        "primaryAttribute": {"apiName": "x", "name": "x"},
    }
    assert rest.code(rest.post(f"{TYPE}.json", eleventh)) == "1027"
    assert add_attribute(rest, *(f"a{n}" for n in range(20)))["success"]
    assert rest.code(add_attribute(rest, "b")) == "1028"


def test_names_and_types_are_checked(rest: Rest) -> None:
    create_type(rest)
    assert rest.code(rest.post(f"{TYPE}.json", {"apiName": "x"})) == "1002"
    assert rest.code(rest.post(f"{TYPE}/nothing/approve.json")) == "1013"
    bad = {"attributes": [{"apiName": "u", "name": "U", "dataType": "url"}]}
    assert rest.code(rest.post(f"{TYPE}/lsSyncFailed/attributes/create.json", bad)) == "1003"


def test_failures_are_in_errors_and_siblings_are_added(rest: Rest, type_id: int) -> None:
    person = rest.create(email="a@x.com")
    rule = [{"apiName": "rule", "value": "too long"}, {"name": "Message", "value": "50/60"}]
    answer = rest.post(
        ADD,
        {
            "input": [
                activity(person, type_id, attributes=rule),
                activity(9, type_id),
                activity(person, 13),
                activity(person, type_id, attributes=[{"apiName": "nope", "value": 1}]),
                activity(person, type_id, attributes=[{"apiName": "rule", "value": "x" * 70_000}]),
                activity(person, type_id, primaryAttributeValue=None),
                activity(person, type_id, activityDate="soon"),
            ]
        },
    )
    added, *failed = answer["result"]
    assert set(added) == {"id", "marketoGUID", "status"}
    assert added["status"] == "added"
    assert [set(result) for result in failed] == [{"status", "errors"}] * 6
    codes = [result["errors"][0]["code"] for result in failed]
    assert codes == ["1004", "1003", "1003", "1049", "1002", "1003"]
    path = "/rest/v1/activities.json"
    (row,) = rest.get(path, nextPageToken=rest.token(), activityTypeIds=type_id)["result"]
    assert (row["activityDate"], row["primaryAttributeValue"]) == (
        "2026-01-31T03:00:00Z",
        "firstname",
    )
    assert {item["apiName"]: item["value"] for item in row["attributes"]} == {
        "rule": "too long",
        "message": "50/60",
    }


def test_a_draft_type_takes_no_activities(rest: Rest) -> None:
    number = create_type(rest)["id"]
    person = rest.create(email="a@x.com")
    (result,) = rest.post(ADD, {"input": [activity(person, number)]})["result"]
    assert result["errors"][0]["code"] == "1003"


def test_a_replay_adds_a_second_copy(rest: Rest, type_id: int) -> None:
    person = rest.create(email="a@x.com")
    for _ in range(2):
        rest.post(ADD, {"input": [activity(person, type_id)]})
    assert len(rest.control.records("activities", typeId=type_id)) == 2
