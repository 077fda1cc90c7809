"""Deleting and merging (reference/marketo-rest.md 7.4, 7.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import RejectedError, TransientApiError
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.remove import DeleteResult
from support.marketo_stub import refusal, skipped
from support.sandbox import RunningSandbox

LOST = Response("", 200)


def paths(scripted: Any) -> list[str]:
    return [request.path.rsplit("/", 1)[-1] for request in scripted.marketo.asked]


def people(client: MarketoClient, count: int) -> list[int]:
    records = [{"email": f"p{number}@x.com"} for number in range(count)]
    results = client.sync_persons("createOrUpdate", "email", records)
    return [result.person_id for result in results if result.person_id is not None]


def test_deletions_are_told_one_by_one(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": [{"id": 1, "status": "deleted"}, skipped("1004")]})
    first, second = scripted.client.delete_persons([1, 2])
    assert first == DeleteResult(1, deleted=True)
    assert (second.person_id, second.deleted, second.errors[0].code) == (2, False, "1004")


def test_a_merge_sends_an_empty_object_and_25_losers_at_most(scripted: Any) -> None:
    scripted.marketo.will_answer({}, {})
    scripted.client.merge_persons(1, range(2, 32))
    assert [request.args["leadIds"].count(",") + 1 for request in scripted.marketo.asked] == [25, 5]
    assert json.loads(scripted.marketo.asked[0].get_data()) == {}
    assert scripted.marketo.asked[0].content_type == "application/json"


def test_a_lost_merge_is_looked_up_before_it_is_sent_again(scripted: Any) -> None:
    scripted.marketo.will_answer(LOST, {"result": [{"id": 3}]}, {})
    scripted.client.merge_persons(1, [2, 3])
    assert paths(scripted) == ["merge.json", "leads.json", "merge.json"]
    assert scripted.marketo.asked[2].args["leadIds"] == "3"


def test_a_lost_merge_that_happened_is_not_sent_again(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("604"), {"result": []})
    scripted.client.merge_persons(1, [2])
    assert paths(scripted) == ["merge.json", "leads.json"]


def test_a_merge_that_never_gets_through_is_an_error(scripted: Any) -> None:
    scripted.marketo.will_answer(*[refusal("604"), {"result": [{"id": 2}]}] * 3)
    with pytest.raises(TransientApiError, match="604"):
        scripted.client.merge_persons(1, [2])


def test_an_unknown_loser_is_refused(sandboxed: MarketoClient) -> None:
    (winner,) = people(sandboxed, 1)
    with pytest.raises(RejectedError, match="1004"):
        sandboxed.merge_persons(winner, [999_999])


@pytest.mark.parametrize("fault", [None, "drop_before", "drop_after"])
def test_losers_end_in_the_winner(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox, fault: str | None
) -> None:
    winner, *losers = people(sandboxed, 3)
    if fault:
        marketo_sandbox.control.faults(fault, match={"path": "merge.json"})
    sandboxed.merge_persons(winner, losers)
    assert [row["id"] for row in marketo_sandbox.control.records("leads")] == [winner]


def test_deleted_persons_are_gone(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    first, second = people(sandboxed, 2)
    assert [one.deleted for one in sandboxed.delete_persons([first, 999_999])] == [True, False]
    assert [row["id"] for row in marketo_sandbox.control.records("leads")] == [second]
