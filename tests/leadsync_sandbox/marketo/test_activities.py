"""The activity feeds (reference/marketo-rest.md 8; 21 items 15 and 16)."""

from __future__ import annotations

from support.marketo_rest import Json, Rest

CHANGES = "/rest/v1/activities/leadchanges.json"
ACTIVITIES = "/rest/v1/activities.json"


def read_all(rest: Rest, path: str, token: str, **query: object) -> tuple[list[Json], int]:
    rows: list[Json] = []
    for calls in range(1, 1000):
        answer = rest.get(path, nextPageToken=token, **query)
        assert answer["success"], answer
        rows += answer.get("result", [])
        token = answer["nextPageToken"]
        if not answer["moreResult"]:
            return rows, calls
    raise AssertionError("the feed has no end")


def test_paging_token_has_no_result_and_padding(rest: Rest) -> None:
    answer = rest.get(
        "/rest/v1/activities/pagingtoken.json", sinceDatetime="2026-01-01T00:00:00+05:00"
    )
    assert set(answer) == {"requestId", "success", "nextPageToken"}
    assert answer["nextPageToken"].endswith("=")


def test_an_empty_block_says_more_and_has_no_result(rest: Rest) -> None:
    rest.control.settings(scan_block=10)
    rest.control.load(leads=[{"email": f"{n}@x.com"} for n in range(15)], log=True)
    token = rest.token()
    rest.sync({"email": "1@x.com", "firstName": "New"})
    first = rest.get(ACTIVITIES, nextPageToken=token, activityTypeIds=13)
    assert set(first) == {"requestId", "success", "nextPageToken", "moreResult"}
    assert first["moreResult"] is True
    assert first["nextPageToken"] != token
    rows, _ = read_all(rest, ACTIVITIES, first["nextPageToken"], activityTypeIds=13)
    assert len(rows) == 1


def test_the_last_token_is_a_cursor(rest: Rest) -> None:
    rest.create(email="a@x.com")
    end = rest.get(CHANGES, nextPageToken=rest.token(), fields="firstName")
    assert end["moreResult"] is False
    rest.sync({"email": "a@x.com", "firstName": "New"})
    (row,) = rest.changes(end["nextPageToken"])
    assert row["fields"][0]["newValue"] == "New"


def test_ten_thousand_changes_come_in_full_pages_without_loss(rest: Rest) -> None:
    rest.control.settings(rate_limit=0)
    rest.control.load(leads=[{"email": f"{n}@x.com"} for n in range(10_000)], log=True)
    rows, calls = read_all(rest, CHANGES, rest.token(), fields="firstName")
    assert len({row["marketoGUID"] for row in rows}) == 10_000
    assert calls <= 35


def test_records_are_those_after_the_second_of_the_token(rest: Rest) -> None:
    rest.control.set_time("2026-01-31T10:00:00Z", frozen=True)
    rest.authenticate()
    rest.create(email="a@x.com")
    assert rest.changes(rest.token("2026-01-31T10:00:00Z")) == []
    assert len(rest.changes(rest.token("2026-01-31T09:59:59Z"))) == 1


def test_changes_show_only_the_asked_fields_but_every_new_person(rest: Rest) -> None:
    rest.create(email="a@x.com")
    token = rest.token()
    rest.sync({"email": "a@x.com", "firstName": "A", "title": "CTO", "unsubscribed": True})
    rows = rest.changes(token, "title,unsubscribed")
    assert [row["activityTypeId"] for row in rows] == [12, 13, 13]
    shown = {row["fields"][0]["name"]: row["fields"][0] for row in rows[1:]}
    assert shown["unsubscribed"]["newValue"] == "true"
    assert shown["unsubscribed"]["oldValue"] == "false"
    attributes = {item["name"]: item["value"] for item in rows[1]["attributes"]}
    assert attributes["Source"] == attributes["Reason"] == "Web service API"
    assert attributes["Lead ID"] == rows[1]["leadId"]
    assert "primaryAttributeValue" not in rows[1]


def test_activities_name_fields_by_display_name(rest: Rest) -> None:
    rest.create(email="a@x.com")
    rest.sync({"email": "a@x.com", "firstName": "A"})
    rows, _ = read_all(rest, ACTIVITIES, rest.token(), activityTypeIds="12,13")
    assert [row["activityTypeId"] for row in rows] == [12, 13]
    assert rows[1]["primaryAttributeValue"] == "First Name"
    values = {item["name"]: item["value"] for item in rows[1]["attributes"]}
    assert values["New Value"] == "A"
    assert "Old Value" not in values


def test_limits_and_unknown_names_are_refused(rest: Rest) -> None:
    token = rest.token()
    assert rest.code(rest.get(CHANGES, fields="firstName")) == "1002"
    assert rest.code(rest.get(CHANGES, nextPageToken=token)) == "1002"
    assert rest.code(rest.get(CHANGES, nextPageToken=token, fields="nope")) == "1006"
    assert rest.code(rest.get(CHANGES, nextPageToken="GIYD", fields="email")) == "1003"
    eleven = ",".join(str(n) for n in range(1, 12))
    assert rest.code(rest.get(ACTIVITIES, nextPageToken=token, activityTypeIds=eleven)) == "1003"
    assert rest.code(rest.get(ACTIVITIES, nextPageToken=token, activityTypeIds=37)) == "1003"
    people = ",".join(str(n) for n in range(31))
    query = {"nextPageToken": token, "fields": "email", "leadIds": people}
    assert rest.code(rest.get(CHANGES, **query)) == "1003"


def test_repeated_type_parameters_and_persons_limit_the_feed(rest: Rest) -> None:
    first = rest.create(email="a@x.com")
    rest.create(email="b@x.com")
    path = f"{ACTIVITIES}?activityTypeIds=12&activityTypeIds=13"
    rows = rest.get(path, nextPageToken=rest.token(), leadIds=first)["result"]
    assert [row["leadId"] for row in rows] == [first]


def test_lagging_activities_appear_later_and_may_be_passed_over(rest: Rest) -> None:
    rest.create(email="a@x.com")
    token = rest.token()
    rest.control.faults("activity_lag", match={"method": "POST"}, params={"seconds": 60})
    rest.sync({"email": "a@x.com", "firstName": "Late"})
    assert len(rest.changes(token)) == 1
    rest.sync({"email": "a@x.com", "firstName": "Soon"})
    seen = rest.get(CHANGES, nextPageToken=token, fields="firstName")
    assert [row["activityTypeId"] for row in seen["result"]] == [12, 13]
    rest.control.advance(61)
    assert rest.changes(seen["nextPageToken"]) == []
    assert len(rest.changes(token)) == 3


def test_a_standing_lag_loses_nothing(rest: Rest) -> None:
    rest.control.settings(activity_lag_seconds=30.0)
    rest.create(email="a@x.com")
    end = rest.get(CHANGES, nextPageToken=rest.token(), fields="firstName")
    assert "result" not in end
    rest.control.advance(31)
    assert len(rest.changes(end["nextPageToken"])) == 1


def test_page_order_and_token_age_are_switches(rest: Rest) -> None:
    rest.control.settings(reversed_pages=True, paging_token_days=2)
    token = rest.token()
    numbers = [rest.create(email=f"{n}@x.com") for n in range(3)]
    assert [row["leadId"] for row in rest.changes(token)] == numbers[::-1]
    rest.control.advance(2 * 86_400 + 1)
    rest.authenticate()
    assert rest.code(rest.get(CHANGES, nextPageToken=token, fields="email")) == "1003"


def test_the_legacy_id_can_be_absent(rest: Rest) -> None:
    rest.control.settings(activity_ids=False)
    rest.create(email="a@x.com")
    (row,) = rest.changes(rest.token())
    assert "id" not in row
    assert row["marketoGUID"]


def test_types_carry_names_and_attributes(rest: Rest) -> None:
    types = {item["id"]: item for item in rest.get("/rest/v1/activities/types.json")["result"]}
    assert types[13]["name"] == "Change Data Value"
    assert types[13]["primaryAttribute"]["name"] == "Attribute Name"
    assert {12, 22, 32, 37, 300} <= set(types)
