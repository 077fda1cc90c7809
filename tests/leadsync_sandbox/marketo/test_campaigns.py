"""Requesting a campaign is all or nothing (reference/marketo-rest.md 12; 21 item 23)."""

from __future__ import annotations

from support.marketo_rest import Rest


def test_one_unknown_person_stops_the_whole_call(rest: Rest) -> None:
    number = rest.control.edit("create", table="campaigns", fields={"name": "Welcome"})
    person = rest.create(email="a@x.com")
    path = f"/rest/v1/campaigns/{number}/trigger.json"
    answer = rest.post(path, {"input": {"leads": [{"id": person}, {"id": 9}]}})
    assert answer["errors"] == [{"code": "1004", "message": "Lead [9] not found"}]
    assert rest.control.records("activities", typeId=47) == []
    done = rest.post(path, {"input": {"leads": [{"id": person}]}})
    assert done["result"] == [{"id": number}]
    assert len(rest.control.records("activities", typeId=47)) == 1


def test_only_active_trigger_campaigns_take_requests(rest: Rest) -> None:
    batch = {"name": "Batch", "type": "batch"}
    number = rest.control.edit("create", table="campaigns", fields=batch)
    body = {"input": {"leads": [{"id": 1}]}}
    assert rest.code(rest.post(f"/rest/v1/campaigns/{number}/trigger.json", body)) == "1003"
    assert rest.code(rest.post("/rest/v1/campaigns/9/trigger.json", body)) == "1013"
    assert rest.get("/rest/v1/campaigns.json")["result"][0]["type"] == "batch"
