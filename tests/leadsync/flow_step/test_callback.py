"""The body of a callback follows the published schema and says what became of each person."""

from __future__ import annotations

from typing import Any, cast

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.flow_step.callback import LONGEST_TEXT_BYTES, callback_body, cut
from leadsync.model import Json
from leadsync.state.call_port import CallResult
from support.flow_contract import published
from support.state_rows import NOON, call, link, row_id


def result(**changed: Any) -> CallResult:
    row: dict[str, Any] = {
        "call_id": "call-1",
        "position": 0,
        "marketo_id": 1,
        "action": "sync_person",
        "status": "done",
        "outcome": "created",
        "message": "created lead x",
    }
    return cast("CallResult", {**row, **changed})


def item(linked: bool = True, **changed: Any) -> Json:
    links = {1: link(1)} if linked else {}
    body = callback_body(call(1), [result(**changed)], links, None, NOON)
    jsonschema.validate(body, published("flowCallBack"))
    (only,) = body["objectData"]
    return cast("Json", only)


@pytest.mark.parametrize("outcome", ["created", "linked", "already_linked", "assigned"])
def test_s012_what_ended_well_is_a_success(outcome: str) -> None:
    told = item(outcome=outcome)
    assert told["activityData"] == {
        "success": True,
        "outcome": outcome,
        "dynamicsId": row_id(1),
        "dynamicsType": "Lead",
    }
    assert told["leadData"] == {
        "id": 1,
        "leadsyncDynamicsId": row_id(1),
        "leadsyncDynamicsType": "Lead",
    }


@pytest.mark.parametrize(
    ("changed", "code", "reason"),
    [
        (
            {"status": "failed", "outcome": "quarantined", "message": "lastName: is empty"},
            "LEADSYNC_INVALID",
            "lastName: is empty",
        ),
        (
            {"status": "failed", "outcome": "ambiguous", "message": "2 leads"},
            "LEADSYNC_AMBIGUOUS",
            "2 leads",
        ),
        (
            {"status": "failed", "outcome": "refused", "message": None},
            "LEADSYNC_REFUSED",
            "refused",
        ),
        ({"status": "failed", "outcome": "missing"}, "LEADSYNC_NO_PERSON", "created lead x"),
        ({"status": "waiting", "outcome": None}, "LEADSYNC_LATE", "not decided in time"),
        ({"status": None, "outcome": None}, "LEADSYNC_ERASED", "erased"),
    ],
)
def test_s029_what_failed_says_why(changed: dict[str, Any], code: str, reason: str) -> None:
    told = item(linked=False, **changed)
    assert told["leadData"] == {"id": 1}
    assert told["activityData"]["success"] is False
    assert told["activityData"]["errorCode"] == code
    assert reason in told["activityData"]["reason"]


def test_the_instance_is_named_even_if_the_call_did_not() -> None:
    body = callback_body(call(1, munchkin_id=None), [], {}, "999-ZZZ-999", NOON)
    assert body["munchkinId"] == "999-ZZZ-999"
    assert body["objectData"] == []


@given(st.text(max_size=400))
def test_texts_are_cut_to_what_marketo_keeps(text: str) -> None:
    kept = cut(text).encode()
    assert len(kept) <= LONGEST_TEXT_BYTES
    if len(text.encode("utf-8", "replace")) > LONGEST_TEXT_BYTES:
        assert kept.endswith(b"...")
