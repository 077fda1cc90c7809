"""Sync leads (reference/marketo-rest.md 7.3; 21 items 5 to 11)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.marketo_rest import Json, Rest

LEADS = "/rest/v1/leads.json"
TYPES = {
    "custom_text": "string",
    "custom_bool": "boolean",
    "custom_email": "email",
    "custom_int": "integer",
    "custom_float": "float",
    "custom_at": "datetime",
    "custom_date": "date",
    "custom_score": "score",
    "custom_percent": "percent",
    "custom_money": "currency",
}
VALUES = {
    "custom_text": "text is here",
    "custom_bool": True,
    "custom_email": "field@example.com",
    "custom_int": 5,
    "custom_float": 5.4,
    "custom_at": "2020-08-30T05:49:48Z",
    "custom_date": "2020-08-30",
    "custom_score": 10,
    "custom_percent": 99,
    "custom_money": 34.66,
}


@pytest.fixture
def custom(rest: Rest) -> Rest:
    for name, data_type in TYPES.items():
        field = {"name": name, "displayName": name.title(), "dataType": data_type}
        rest.control.edit("create", table="fields", fields=field)
    return rest


def reason(result: Json) -> tuple[str, str]:
    assert set(result) == {"status", "reasons"}
    assert result["status"] == "skipped"
    return result["reasons"][0]["code"], result["reasons"][0]["message"]


def freeze(rest: Rest) -> None:
    rest.control.set_time("2026-01-31T10:00:00Z", frozen=True)
    rest.authenticate()


def test_create_then_equal_write_then_change(rest: Rest) -> None:
    freeze(rest)
    (created,) = rest.sync({"email": "a@x.com", "firstName": "Ann"})
    assert created["status"] == "created"
    token = rest.token("2026-01-31T09:59:59Z")
    rest.control.advance(10)
    assert rest.sync({"email": "a@x.com", "firstName": "Ann"}) == [
        {"id": created["id"], "status": "updated"}
    ]
    assert rest.lead(created["id"])["updatedAt"] == "2026-01-31T10:00:00Z"
    rest.control.advance(10)
    rest.sync({"email": "a@x.com", "firstName": "Anna"})
    assert rest.lead(created["id"])["updatedAt"] == "2026-01-31T10:00:20Z"
    new, changed = rest.changes(token)
    assert (new["activityTypeId"], "fields" in new) == (12, False)
    assert changed["fields"] == [
        {"id": 24, "name": "firstName", "newValue": "Anna", "oldValue": "Ann"}
    ]


def test_a_custom_field_moves_only_the_internal_stamp(custom: Rest) -> None:
    freeze(custom)
    number = custom.create(email="a@x.com")
    token = custom.token("2026-01-31T10:00:00Z")
    custom.control.advance(60)
    custom.sync({"email": "a@x.com", "custom_int": 7})
    assert custom.lead(number)["updatedAt"] == "2026-01-31T10:00:00Z"
    (row,) = custom.changes(token, "custom_int")
    assert row["fields"][0]["newValue"] == "7"
    assert "oldValue" not in row["fields"][0]


def test_every_type_round_trips_and_is_cleared_by_null(custom: Rest) -> None:
    number = custom.create(email="a@x.com", **VALUES)
    assert custom.lead(number, *VALUES) == {"id": number, **VALUES}
    custom.sync({"email": "a@x.com", **dict.fromkeys(VALUES)})
    cleared = {"id": number, **dict.fromkeys(VALUES), "custom_bool": False}
    assert custom.lead(number, *VALUES) == cleared


def test_an_omitted_key_keeps_its_value(custom: Rest) -> None:
    number = custom.create(email="a@x.com", custom_date="2020-08-30")
    custom.sync({"email": "a@x.com", "custom_int": None})
    assert custom.lead(number, "custom_date")["custom_date"] == "2020-08-30"


def test_milliseconds_are_dropped_and_offsets_become_utc(custom: Rest) -> None:
    number = custom.create(email="a@x.com", custom_at="2020-08-30T07:49:48.999+02:00")
    assert custom.lead(number, "custom_at")["custom_at"] == "2020-08-30T05:49:48Z"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("custom_email", "bademail", "bademail"),
        ("custom_email", "jürgen@x.com", "jürgen@x.com"),
        ("custom_int", 14.1, "14.1"),
        ("custom_int", 2**31, "2147483648"),
        ("custom_float", "14c", "14c"),
        ("custom_at", "yesterday", "yesterday"),
        ("custom_date", "soon", "soon"),
        ("custom_percent", "100%", "100%"),
        ("custom_bool", "other", "other"),
        ("custom_money", True, "true"),
    ],
)
def test_a_bad_value_skips_its_record_only(custom: Rest, name: str, value: Any, shown: str) -> None:
    bad, good = custom.sync(
        {"email": "a@x.com", "firstName": "Ann", name: value}, {"email": "b@x.com"}
    )
    assert reason(bad) == ("1003", f"Invalid value for field '{name}' and value '{shown}'")
    assert good["status"] == "created"
    assert custom.leads("email", "a@x.com") == []


def test_update_by_id_changes_the_address_and_frees_the_old_one(rest: Rest) -> None:
    number = rest.create(email="old@x.com")
    rest.sync({"id": number, "email": "new@x.com"}, action="updateOnly", lookupField="id")
    assert rest.leads("email", "old@x.com") == []
    assert rest.leads("email", "new@x.com")[0]["id"] == number
    assert rest.create(email="old@x.com") != number


def test_each_action_refuses_what_it_must(rest: Rest) -> None:
    number = rest.create(email="a@x.com")
    (exists,) = rest.sync({"email": "a@x.com"}, action="createOnly")
    assert reason(exists) == ("1005", "Lead already exists")
    (missing,) = rest.sync({"email": "b@x.com"}, action="updateOnly")
    assert reason(missing) == ("1004", "Lead not found")
    (with_id,) = rest.sync({"id": number, "email": "a@x.com"})
    assert reason(with_id)[0] == "1003"
    (twin,) = rest.sync({"email": "a@x.com"}, action="createDuplicate")
    assert twin["status"] == "created"
    (ambiguous,) = rest.sync({"email": "a@x.com", "firstName": "X"})
    assert reason(ambiguous)[0] == "1007"


def test_wrong_lookups_and_fields_refuse_the_whole_call(rest: Rest) -> None:
    def code(**body: Any) -> str:
        return rest.code(rest.post(LEADS, {"input": [{"email": "a@x.com"}], **body}))

    assert code(lookupField="firstName") == "1011"
    assert code(lookupField="nothing") == "1006"
    assert code(lookupField="id") == "1003"
    assert code(action="upsert") == "1003"
    assert code(input=[{"email": "a@x.com", "nothing": 1}]) == "1006"
    assert code(input=[]) == "1002"
    assert code(input=[{"email": f"{n}@x.com"} for n in range(301)]) == "1003"
    assert code(action="updateOnly", partitionName="Default") == "1003"
    assert rest.control.records("leads") == []


def test_a_custom_key_finds_the_person(custom: Rest) -> None:
    results = custom.sync(
        {"custom_text": "guid-1", "email": "a@x.com"},
        {"custom_text": "guid-2", "email": "a@x.com"},
        lookupField="custom_text",
    )
    assert [result["status"] for result in results] == ["created", "created"]
    again = custom.sync({"custom_text": "GUID-1", "firstName": "A"}, lookupField="custom_text")
    assert again == [{"id": results[0]["id"], "status": "updated"}]


def test_the_same_key_twice_is_created_then_updated_or_skipped_by_switch(rest: Rest) -> None:
    first, second = rest.sync({"email": "a@x.com"}, {"email": "A@x.com", "firstName": "B"})
    assert (first["status"], second) == ("created", {"id": first["id"], "status": "updated"})
    assert rest.lead(first["id"])["firstName"] == "B"
    rest.control.settings(duplicate_in_batch="skip_1036")
    _, twin = rest.sync({"email": "a@x.com"}, {"email": "a@x.com"})
    assert reason(twin)[0] == "1036"


def test_switches_for_what_is_unknown(rest: Rest) -> None:
    over = {"email": "a@x.com", "salutation": "x" * 256}
    (cut,) = rest.sync(over)
    assert rest.lead(cut["id"], "salutation")["salutation"] == "x" * 255
    rest.control.settings(overlong_string="skip_1003")
    assert reason(rest.sync(over)[0])[0] == "1003"
    assert reason(rest.sync({"email": "a@x.com", "createdAt": "2020-01-01T00:00:00Z"})[0])
    rest.control.settings(readonly_field="ignore")
    assert rest.sync({"email": "a@x.com", "mktoName": "x"})[0]["status"] == "updated"
    assert reason(rest.sync({"firstName": "x"})[0])[0] == "1003"
    rest.control.settings(missing_lookup="create")
    assert rest.sync({"firstName": "x"})[0]["status"] == "created"
    rest.control.settings(unknown_field="record")
    assert reason(rest.sync({"email": "a@x.com", "nothing": 1})[0])[0] == "1006"


def test_two_upserts_at_once_make_two_persons_by_switch(rest: Rest) -> None:
    rest.control.settings(concurrent_upserts_race=True)
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(rest.sync, [{"email": "a@x.com"}] * 2):
            assert result[0]["status"] == "created"
    assert len(rest.leads("email", "a@x.com")) == 2


def test_scores_are_absolute_and_logged_as_score_changes(custom: Rest) -> None:
    number = custom.create(email="a@x.com", leadScore=10)
    token = custom.token()
    custom.sync({"email": "a@x.com", "leadScore": 25})
    assert custom.lead(number, "leadScore")["leadScore"] == 25
    assert [row["activityTypeId"] for row in custom.changes(token, "leadScore")] == [12]
    path = "/rest/v1/activities.json"
    (row,) = custom.get(path, nextPageToken=token, activityTypeIds=22)["result"]
    values = {item["name"]: item["value"] for item in row["attributes"]}
    assert (values["Change Value"], values["New Value"]) == (15, "25")


def test_partitions(rest: Rest) -> None:
    rest.control.edit("create", table="partitions", fields={"name": "EU"})
    shown = rest.get("/rest/v1/leads/partitions.json")["result"]
    assert [item["name"] for item in shown] == ["Default", "EU"]
    (made,) = rest.sync({"email": "a@x.com"}, partitionName="EU")
    assert rest.lead(made["id"], "leadPartitionId")["leadPartitionId"] == 2
    (refused,) = rest.sync({"email": "a@x.com", "firstName": "x"}, partitionName="Default")
    assert reason(refused)[0] == "1010"
    body = {
        "input": [{"id": made["id"], "partitionName": "Default"}, {"id": 9, "partitionName": "EU"}]
    }
    moved, missing = rest.post("/rest/v1/leads/partitions.json", body)["result"]
    assert (moved["status"], missing["reasons"][0]["code"]) == ("updated", "1004")
    answer = rest.post(LEADS, {"input": [{"email": "a@x.com"}], "partitionName": "Mars"})
    assert rest.code(answer) == "1008"


def test_an_opt_out_lasts_for_the_address(rest: Rest) -> None:
    rest.sync({"email": "a@x.com"}, {"email": "a@x.com"}, action="createDuplicate")
    first, second = (lead["id"] for lead in rest.leads("email", "a@x.com"))
    rest.sync({"id": first, "unsubscribed": True}, action="updateOnly", lookupField="id")
    assert rest.lead(second, "unsubscribed")["unsubscribed"] is True
    third = rest.create(email="b@x.com")
    rest.sync({"id": third, "email": "a@x.com"}, action="updateOnly", lookupField="id")
    assert rest.lead(third, "unsubscribed")["unsubscribed"] is True
    rest.sync({"id": first, "unsubscribed": False}, action="updateOnly", lookupField="id")
    assert rest.lead(third, "unsubscribed")["unsubscribed"] is False
