"""Static lists (reference/marketo-rest.md 11; 21 item 12)."""

from __future__ import annotations

import pytest

from support.marketo_rest import Rest


@pytest.fixture
def members(rest: Rest) -> str:
    number = rest.control.edit("create", table="lists", fields={"name": "Partners"})
    return f"/rest/v1/lists/{number}/leads.json"


def test_adding_twice_is_added_twice(rest: Rest, members: str) -> None:
    person = rest.create(email="a@x.com")
    body = {"input": [{"id": person}, {"id": 9}]}
    for _ in range(2):
        added, missing = rest.post(members, body)["result"]
        assert added == {"id": person, "status": "added"}
        assert missing["reasons"][0]["code"] == "1004"
    assert len(rest.control.records("activities", typeId=24)) == 1
    assert [lead["id"] for lead in rest.get(members)["result"]] == [person]
    posted = rest.raw("POST", members, data={"_method": "GET", "listId": "1001"}).json()
    assert [lead["id"] for lead in posted["result"]] == [person]


def test_removing_a_non_member_is_skipped_with_its_id(rest: Rest, members: str) -> None:
    first, second = rest.create(email="a@x.com"), rest.create(email="b@x.com")
    rest.post(members, {"input": [{"id": first}]})
    assert rest.code(rest.raw("DELETE", f"{members}?id={first}").json()) == "612"
    json_type = {"Content-Type": "application/json"}
    path = f"{members}?id={first}&id={second}"
    removed, absent = rest.raw("DELETE", path, headers=json_type).json()["result"]
    assert removed == {"id": first, "status": "removed"}
    assert absent == {
        "id": second,
        "status": "skipped",
        "reasons": [{"code": "1015", "message": "Lead not in list"}],
    }


def test_membership_is_told(rest: Rest, members: str) -> None:
    first, second = rest.create(email="a@x.com"), rest.create(email="b@x.com")
    rest.post(f"{members}?id={first}", {})
    path = members.replace("leads.json", "leads/ismember.json")
    found = rest.get(f"{path}?id={first}&id={second}&id=9")["result"]
    assert [item["status"] for item in found] == ["memberof", "notmemberof", "skipped"]


def test_lists_are_found_by_id_and_name(rest: Rest, members: str) -> None:
    (found,) = rest.get("/rest/v1/lists.json", name="Partners")["result"]
    assert rest.get(f"/rest/v1/lists/{found['id']}.json")["result"][0]["name"] == "Partners"
    assert rest.get("/rest/v1/lists.json", id=9)["result"] == []
    assert rest.code(rest.get("/rest/v1/lists/9.json")) == "1013"
    form = {"name": "Partners", "folder": '{"id":12,"type":"Folder"}'}
    taken = rest.raw("POST", "/rest/asset/v1/staticLists.json", data=form).json()
    assert rest.code(taken) == "709"
    made = rest.raw("POST", "/rest/asset/v1/staticLists.json", data={**form, "name": "New"}).json()
    assert (made["errors"], made["warnings"], made["result"][0]["name"]) == ([], [], "New")
