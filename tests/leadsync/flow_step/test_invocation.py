"""What Marketo sends to the flow step is read as it is published, and refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.flow_step.callback_url import CallbackPolicy
from leadsync.flow_step.invocation import read_invocation
from leadsync.flow_step.model import MOST_PERSONS, Call, Callback, MalformedCallError, Wish

URL = "https://mkto-flow.adobe.io/callback/1"


def person(number: Any = 7, **options: Any) -> dict[str, Any]:
    return {"objectType": "lead", "objectContext": {"id": number}, "flowStepContext": options}


def document(*people: Any, **changed: Any) -> dict[str, Any]:
    return {
        "token": "eb26ba28",
        "batchid": "9e7df252",
        "apiCallBackKey": "key",
        "campaignId": 1001,
        "callbackUrl": URL,
        "context": {"subscription": {"munchkinId": "123-ABC-456"}},
        "objectData": list(people),
        **changed,
    }


def read(content: Any) -> Call:
    return read_invocation(json.dumps(content).encode(), CallbackPolicy())


def test_a_published_invocation_is_read() -> None:
    call = read(document(person(7, syncAs="contact", assignTo=" ann@x.com ")))
    assert call.wishes == (Wish(7, "sync_person", "contact", "ann@x.com"),)
    assert call.callback == Callback(URL, "key", "eb26ba28")
    assert (call.campaign, call.munchkin_id, call.mode) == (1001, "123-ABC-456", "real_time")
    assert (call.identity, call.lasting) == ("eb26ba28", True)


def test_what_the_schema_requires_is_enough() -> None:
    call = read({"campaignId": 1001, "callbackUrl": URL})
    assert (call.wishes, call.munchkin_id, call.lasting) == ((), None, False)
    assert call.identity != read({"campaignId": 1002, "callbackUrl": URL}).identity


def test_unknown_properties_are_left_alone() -> None:
    item = {**person(7), "myTokenContext": {"Event": "x"}, "programMemberContext": {"id": 3}}
    assert read(document(item, later={"a": [1]})).wishes == (Wish(7),)


@pytest.mark.parametrize(
    ("options", "wish"),
    [
        ({}, Wish(7)),
        ({"syncAs": "", "assignTo": None, "action": "NULL"}, Wish(7)),
        ({"syncAs": "Contact"}, Wish(7, sync_as="contact")),
        (
            {"action": "Change Owner", "assignTo": "a@x"},
            Wish(7, "change_owner", assign_to="a@x"),
        ),
        ({"action": "change_owner", "assignTo": "a"}, Wish(7, "change_owner", assign_to="a")),
    ],
)
def test_options_are_read_as_people_and_tokens_write_them(
    options: dict[str, Any], wish: Wish
) -> None:
    assert read(document(person(7, **options))).wishes == (wish,)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"syncAs": "account"}, "Sync As is 'account'"),
        ({"action": "delete"}, "Action is 'delete'"),
        ({"action": "change_owner"}, "Assign To is empty"),
        ({"assignTo": "a" * 400}, "more than 320 characters"),
    ],
)
def test_a_wrong_option_fails_its_person_alone(options: dict[str, Any], told: str) -> None:
    wrong, right = read(document(person(7, **options), person(8))).wishes
    assert told in str(wrong.refusal)
    assert right.refusal is None


@pytest.mark.parametrize("number", [7, "7", 7.0, " 7 "])
def test_ids_are_read_in_every_form_that_json_has(number: Any) -> None:
    assert read(document(person(number))).wishes == (Wish(7),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "body is no JSON object"),
        (document(campaignId=None), "campaignId is no whole number"),
        (document(campaignId=2**31), "campaignId"),
        (document(campaignId=True), "campaignId"),
        (document(callbackUrl=None), "callbackUrl is missing"),
        (document(callbackUrl="http://mkto.adobe.io/x"), "callbackUrl is not https"),
        (document(callbackUrl="https://evil.example/x"), "host that is not allowed"),
        (document(token="a\r\nx: y"), "token is no text that can be sent as a header"),
        (document(token=7), "token"),
        (document(apiCallBackKey="k" * 5000), "apiCallBackKey"),
        (document(context=[]), "context is no JSON object"),
        (document(context={"subscription": 1}), "context.subscription"),
        (document(objectData={}), "objectData is no list"),
        (document(person(), 7), r"objectData\[1\] is no JSON object"),
        (document({"objectType": "company", "objectContext": {"id": 1}}), "objectType is not lead"),
        (document({"objectType": "lead"}), r"objectData\[0\].objectContext.id"),
        (document(person(-1)), "objectContext.id"),
        (document(person(2**63)), "objectContext.id"),
        (document({**person(), "flowStepContext": "x"}), "flowStepContext is no JSON object"),
        (document(*[person()] * (MOST_PERSONS + 1)), "at most 10000"),
    ],
)
def test_what_breaks_the_contract_is_named(content: Any, told: str) -> None:
    with pytest.raises(MalformedCallError, match=told):
        read(content)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"nonsense"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedCallError):
        read_invocation(body, CallbackPolicy())


TRIGGERED = {"triggerName": "Filled Out Form"}


@pytest.mark.parametrize(
    ("campaign", "trigger", "mode"),
    [
        ({"type": "batch"}, {}, "queued"),
        ({"type": "Batch Campaign"}, {}, "queued"),
        ({"type": "trigger"}, {}, "real_time"),
        ({"type": "batch"}, TRIGGERED, "real_time"),
        ({}, TRIGGERED, "real_time"),
        ({}, {}, "real_time"),
    ],
)
def test_batch_campaigns_wait_for_the_next_cycle(
    campaign: dict[str, Any], trigger: dict[str, Any], mode: str
) -> None:
    context = {"subscription": {"munchkinId": "123-ABC-456"}, "campaign": campaign}
    item = {**person(7), "triggeringContext": trigger}
    assert read(document(item, context=context)).mode == mode


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(document())), JSON), JSON)
def test_any_json_is_read_or_refused(changed: dict[str, Any], options: Any) -> None:
    content = document({**person(), "flowStepContext": options}, **changed)
    try:
        call = read(content)
    except MalformedCallError as error:
        assert error.message.endswith(".")
    else:
        assert all(0 < wish.marketo_id < 2**63 for wish in call.wishes)


def test_secrets_are_not_shown() -> None:
    shown = repr(read(document(person(), token="s3cr3t-token", apiCallBackKey="s3cr3t-key")))
    assert "s3cr3t" not in shown
