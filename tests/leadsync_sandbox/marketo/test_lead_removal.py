"""Deleting and merging persons (reference/marketo-rest.md 7.4, 7.5; 21 items 13, 14)."""

from __future__ import annotations

import pytest

from support.marketo_rest import Json, Rest

LEADS = "/rest/v1/leads.json"
FORMS = ["delete body", "delete query", "method override", "verb"]


def delete(rest: Rest, form: str, number: int) -> Json:
    content = {"input": [{"id": number}]}
    headers = {"Content-Type": "application/json"}
    calls = {
        "delete body": lambda: rest.raw("POST", "/rest/v1/leads/delete.json", json=content),
        "delete query": lambda: rest.raw(
            "POST", f"/rest/v1/leads/delete.json?id={number}", headers=headers
        ),
        "method override": lambda: rest.raw("POST", f"{LEADS}?_method=DELETE", json=content),
        "verb": lambda: rest.raw("DELETE", LEADS, json=content),
    }
    found: Json = calls[form]().json()
    return found


@pytest.mark.parametrize("form", FORMS)
def test_each_form_deletes_and_the_id_is_never_used_again(rest: Rest, form: str) -> None:
    number = rest.create(email="a@x.com", firstName="Ann", lastName="Lee")
    token = rest.token()
    assert delete(rest, form, number)["result"] == [{"id": number, "status": "deleted"}]
    assert rest.leads("email", "a@x.com") == []
    assert rest.leads("id", number) == []
    feed = rest.get("/rest/v1/activities/deletedleads.json", nextPageToken=token)
    (row,) = feed["result"]
    assert (row["activityTypeId"], row["leadId"]) == (37, number)
    assert (row["primaryAttributeValue"], row["attributes"]) == ("Ann Lee", [])
    (again,) = delete(rest, form, number)["result"]
    assert (again["status"], again["reasons"][0]["code"]) == ("skipped", "1004")
    assert rest.create(email="a@x.com") > number


def test_deletions_are_forgotten_after_14_days_and_changes_after_90(rest: Rest) -> None:
    rest.create(email="a@x.com", firstName="Ann")
    gone = rest.create(email="b@x.com")
    rest.sync({"email": "a@x.com", "firstName": "Anna"})
    token = rest.token()
    delete(rest, "verb", gone)
    rest.control.advance(15 * 86_400)
    rest.authenticate()
    feed = rest.get("/rest/v1/activities/deletedleads.json", nextPageToken=token)
    assert "result" not in feed
    assert [row["activityTypeId"] for row in rest.changes(token)] == [12, 12, 13]
    rest.control.advance(80 * 86_400)
    rest.authenticate()
    assert [row["activityTypeId"] for row in rest.changes(token)] == [12, 12]


def merge(rest: Rest, winner: int, *losers: int) -> Json:
    joined = ",".join(map(str, losers))
    return rest.post(f"/rest/v1/leads/{winner}/merge.json", {}, leadIds=joined)


def test_merge_fills_empty_values_and_moves_the_log(rest: Rest) -> None:
    winner = rest.create(email="w@x.com", firstName="Win")
    loser = rest.create(email="l@x.com", firstName="Lose", title="CTO")
    token = rest.token()
    answer = merge(rest, winner, loser)
    assert set(answer) == {"requestId", "success"}
    merged = rest.lead(winner, "email", "firstName", "title")
    assert merged == {"id": winner, "email": "w@x.com", "firstName": "Win", "title": "CTO"}
    assert rest.leads("id", loser) == []
    path = "/rest/v1/activities.json"
    (row,) = rest.get(path, nextPageToken=token, activityTypeIds=32)["result"]
    values = {item["name"]: item["value"] for item in row["attributes"]}
    assert (row["leadId"], values["Merge IDs"]) == (winner, f"[{loser}]")
    assert {change["leadId"] for change in rest.changes(token)} == {winner}
    assert rest.code(merge(rest, winner, loser)) == "1004"
    feed = rest.get("/rest/v1/activities/deletedleads.json", nextPageToken=token)
    assert "result" not in feed


def test_merge_refuses_too_many_none_and_itself(rest: Rest) -> None:
    winner = rest.create(email="w@x.com")
    assert rest.code(merge(rest, winner, *range(1, 27))) == "1080"
    assert rest.code(merge(rest, winner, winner)) == "1003"
    assert rest.code(rest.post(f"/rest/v1/leads/{winner}/merge.json", {})) == "1002"
    path = f"/rest/v1/leads/{winner}/merge.json?leadId=1"
    assert rest.code(rest.raw("POST", path).json()) == "612"


def test_losers_are_logged_as_deleted_by_switch(rest: Rest) -> None:
    rest.control.settings(merge_logs_delete=True)
    winner, loser = rest.create(email="w@x.com"), rest.create(email="l@x.com")
    token = rest.token()
    merge(rest, winner, loser)
    feed = rest.get("/rest/v1/activities/deletedleads.json", nextPageToken=token)
    assert [row["leadId"] for row in feed["result"]] == [loser]
