"""Writing persons (reference/marketo-rest.md 7.3; S112)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import RejectedError, SchemaChangedError, TransientApiError
from leadsync.marketo.client import MarketoClient
from leadsync.model import PersonResult, RecordError
from support.marketo_stub import refusal, skipped, updated
from support.sandbox import RunningSandbox

LOST = Response('{"requestId":"1#2","success":tr', 200, content_type="application/json")


def bodies(scripted: Any) -> list[dict[str, Any]]:
    return [json.loads(request.get_data()) for request in scripted.marketo.asked]


def by_id(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number, "title": "CTO"} for number in numbers]


def test_results_belong_to_their_inputs_by_position(scripted: Any) -> None:
    reasons = {"id": 9, "reasons": [{"code": 1004, "message": "Lead not found"}]}
    scripted.marketo.will_answer(
        {"result": [{"id": 1, "status": "updated"}, skipped("1003", "bad"), reasons]}
    )
    assert scripted.client.sync_persons("updateOnly", "id", by_id(1, 2, 3)) == [
        PersonResult("updated", 1),
        PersonResult("skipped", None, (RecordError("1003", "bad"),)),
        PersonResult("skipped", 9, (RecordError("1004", "Lead not found"),)),
    ]


def test_action_and_lookup_travel_and_the_empty_text_becomes_null(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": [{"id": 1, "status": "created"}]})
    record = {"leadsyncDynamicsId": "g", "title": "", "city": None, "unsubscribed": False}
    scripted.client.sync_persons("createOrUpdate", "leadsyncDynamicsId", [record])
    assert bodies(scripted) == [
        {
            "action": "createOrUpdate",
            "lookupField": "leadsyncDynamicsId",
            "input": [{**record, "title": None}],
        }
    ]
    assert scripted.marketo.asked[0].content_type == "application/json"


def test_records_of_one_key_are_folded(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": [{"id": 1, "status": "updated"}, skipped("1003")]})
    records = [
        {"email": "A@x.com", "title": "CTO", "city": "Rome"},
        {"email": "b@x.com"},
        {"email": "a@x.com", "title": "CIO"},
    ]
    results = scripted.client.sync_persons("createOrUpdate", "email", records)
    assert [result.status for result in results] == ["updated", "skipped", "updated"]
    assert bodies(scripted)[0]["input"] == [
        {"email": "a@x.com", "title": "CIO", "city": "Rome"},
        {"email": "b@x.com"},
    ]


def test_nothing_to_write_costs_no_call(scripted: Any) -> None:
    assert scripted.client.sync_persons("updateOnly", "id", []) == []
    assert scripted.marketo.asked == []


@pytest.mark.parametrize(
    ("action", "lookup", "record"),
    [
        ("createOrUpdate", "email", {"id": 1, "email": "a@x.com"}),
        ("updateOnly", "email", {"id": 1, "email": "a@x.com"}),
        ("updateOnly", "id", {"title": "CTO"}),
        ("createOrUpdate", "email", {"email": "", "title": "CTO"}),
    ],
)
def test_calls_that_marketo_would_refuse_are_not_made(
    scripted: Any, action: Any, lookup: str, record: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="record 0"):
        scripted.client.sync_persons(action, lookup, [record])
    with pytest.raises(ValueError, match="301 records"):
        scripted.client.sync_persons("updateOnly", "id", by_id(*range(301)))


def test_bodies_stay_below_a_megabyte(scripted: Any) -> None:
    records = [{"id": number, "description": "ö" * 1000} for number in range(300)]
    wide = [{"id": number, "description": "ö" * 10_000} for number in range(60)]
    scripted.marketo.will_answer({"result": updated(range(300))})
    scripted.client.sync_persons("updateOnly", "id", records)
    scripted.marketo.will_answer({"result": updated(range(30))}, {"result": updated(range(30, 60))})
    results = scripted.client.sync_persons("updateOnly", "id", wide)
    assert [result.person_id for result in results] == list(range(60))
    assert [len(request.get_data()) < 1_000_000 for request in scripted.marketo.asked] == [True] * 3


def test_a_lost_answer_of_an_upsert_is_repeated(scripted: Any) -> None:
    scripted.marketo.will_answer(LOST, {"result": updated([1])})
    assert scripted.client.sync_persons("updateOnly", "id", by_id(1)) == [
        PersonResult("updated", 1)
    ]


def test_too_few_results_are_a_lost_answer(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": updated([1])})
    with pytest.raises(TransientApiError, match="1 results for 2 records"):
        scripted.client.sync_persons("updateOnly", "id", by_id(1, 2))


@pytest.mark.parametrize("failure", [LOST, refusal("604"), refusal("611")])
def test_a_lost_create_is_never_repeated(scripted: Any, failure: Response) -> None:
    scripted.marketo.will_answer(failure)
    with pytest.raises(TransientApiError):
        scripted.client.sync_persons("createOnly", "email", [{"email": "a"}, {"email": "b"}])
    assert len(scripted.marketo.asked) == 1


@pytest.mark.parametrize("code", ["606", "615", "608", "614"])
def test_a_create_that_was_not_executed_is_repeated(scripted: Any, code: str) -> None:
    scripted.marketo.will_answer(refusal(code), {"result": [{"id": 1, "status": "created"}]})
    (result,) = scripted.client.sync_persons("createOnly", "email", [{"email": "a"}])
    assert result.status == "created"


@pytest.mark.parametrize("code", ["611", "1003"])
def test_a_record_that_breaks_its_call_is_found_and_the_others_are_written(
    scripted: Any, code: str
) -> None:
    tries = 3 if code == "611" else 1
    broken = [refusal(code, "System error")] * tries
    scripted.marketo.will_answer(
        *broken, {"result": updated([1, 2])}, *broken, *broken, {"result": updated([4])}
    )
    results = scripted.client.sync_persons("updateOnly", "id", by_id(1, 2, 3, 4))
    assert [result.status for result in results] == ["updated", "updated", "skipped", "updated"]
    assert results[2].errors == (RecordError(code, "System error"),)


@pytest.mark.parametrize(
    ("code", "kind", "calls"), [("1003", RejectedError, 20), ("611", TransientApiError, 30)]
)
def test_a_service_that_fails_for_everything_is_not_asked_for_every_record(
    scripted: Any, code: str, kind: type[Exception], calls: int
) -> None:
    scripted.marketo.will_answer(*[refusal(code)] * calls)
    with pytest.raises(kind):
        scripted.client.sync_persons("updateOnly", "id", by_id(*range(300)))
    assert len(scripted.marketo.asked) == calls


def test_an_unknown_field_is_a_changed_schema(sandboxed: MarketoClient) -> None:
    with pytest.raises(SchemaChangedError, match="1006"):
        sandboxed.sync_persons("createOrUpdate", "email", [{"email": "a@x.com", "shoe": 1}])


def test_one_bad_record_blocks_only_itself(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    records = [{"email": f"p{number}@x.com", "firstName": "Ann"} for number in range(300)]
    records[17]["email"] = "bademail"
    results = sandboxed.sync_persons("createOrUpdate", "email", records)
    assert [position for position, one in enumerate(results) if one.status != "created"] == [17]
    assert results[17].errors[0].code == "1003"
    assert marketo_sandbox.control.stats()["calls"]["write"] == 1


def test_null_clears_and_an_absent_field_stays(sandboxed: MarketoClient) -> None:
    (made,) = sandboxed.sync_persons(
        "createOrUpdate", "email", [{"email": "a@x.com", "firstName": "Ann", "title": "CTO"}]
    )
    person = made.person_id
    sandboxed.sync_persons("updateOnly", "id", [{"id": person, "title": ""}])
    (found,) = sandboxed.persons("id", [str(person)], ["firstName", "title"])
    assert found == {"id": person, "firstName": "Ann", "title": None}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_lost_answer_creates_nobody_twice(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox, kind: str
) -> None:
    sandboxed.describe()
    marketo_sandbox.control.faults(kind, match={"path": "leads.json"})
    (result,) = sandboxed.sync_persons("createOrUpdate", "email", [{"email": "a@x.com"}])
    assert result.status in ("created", "updated")
    assert len(marketo_sandbox.control.records("leads")) == 1


def test_the_rate_limit_is_waited_out(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    marketo_sandbox.control.settings(rate_limit=3)
    for number in range(8):
        sandboxed.sync_persons("createOrUpdate", "email", [{"email": f"p{number}@x.com"}])
    assert len(marketo_sandbox.control.records("leads")) == 8
