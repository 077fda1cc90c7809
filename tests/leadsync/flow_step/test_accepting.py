"""A call is stored once, whoever repeats it, with all that it asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from leadsync.flow_step.accepting import ANSWER_WITHIN, REPETITION, accept
from leadsync.flow_step.model import Call, Callback, Wish
from leadsync.state.memory import MemoryStateStore
from support.state_rows import NOON

BACK = Callback("https://mkto.adobe.io/back", "key", "token-1")
STEP = Call("flow_step", (Wish(7), Wish(8)), "token-1", lasting=True, callback=BACK)
HOOK = Call("webhook", (Wish(7),), "content")


def test_the_persons_of_a_call_wait_as_requests() -> None:
    store = MemoryStateStore()
    call = replace(STEP, wishes=(Wish(7, "change_owner", "contact", "ann@x.com"), Wish(8)))
    accepted = accept(store.calls, call, NOON)
    assert not accepted.repeated
    asked = {row["marketo_id"]: row for row in store.requests(waiting=True)}
    assert (asked[7]["action"], asked[7]["sync_as"]) == ("change_owner", "contact")
    assert (asked[7]["assign_to"], asked[8]["assign_to"]) == ("ann@x.com", None)
    results = store.calls.results([accepted.call_id])
    assert [result["marketo_id"] for result in results] == [7, 8]


def test_s026_a_repeated_call_does_nothing() -> None:
    store = MemoryStateStore()
    first = accept(store.calls, STEP, NOON)
    again = accept(store.calls, STEP, NOON + timedelta(days=5))
    assert (again.call_id, again.repeated) == (first.call_id, True)
    assert len(store.requests()) == 2


def test_another_token_is_another_call() -> None:
    store = MemoryStateStore()
    accept(store.calls, STEP, NOON)
    assert not accept(store.calls, replace(STEP, identity="token-2"), NOON).repeated
    assert len(store.requests()) == 4


def test_a_person_named_twice_alike_is_asked_for_once_and_answered_twice() -> None:
    store = MemoryStateStore()
    call = replace(STEP, wishes=(Wish(7), Wish(7), Wish(7, sync_as="contact")))
    accepted = accept(store.calls, call, NOON)
    assert len(store.requests()) == 2
    assert len(store.calls.results([accepted.call_id])) == 3


def test_a_refused_wish_is_answered_already() -> None:
    store = MemoryStateStore()
    accepted = accept(store.calls, replace(STEP, wishes=(Wish(7, refusal="no such"),)), NOON)
    assert store.requests(waiting=True) == []
    (result,) = store.calls.results([accepted.call_id])
    assert (result["status"], result["outcome"], result["message"]) == (
        "failed",
        "refused",
        "no such",
    )
    assert len(store.calls.due(NOON, 10)) == 1


def test_a_webhook_is_told_from_its_repetition_by_time() -> None:
    store = MemoryStateStore()
    first = accept(store.calls, HOOK, NOON)
    for seconds in (0, 30, 59):
        again = accept(store.calls, HOOK, NOON + timedelta(seconds=seconds))
        assert (again.call_id, again.repeated) == (first.call_id, True)
    assert not accept(store.calls, HOOK, NOON + 2 * REPETITION).repeated
    assert len(store.requests()) == 2


def test_nobody_waits_for_a_callback_of_a_webhook() -> None:
    store = MemoryStateStore()
    accept(store.calls, HOOK, NOON)
    assert store.calls.counts().open == 0
    assert store.calls.outlook(NOON).waiting == 1


def test_calls_of_batch_campaigns_wait_for_a_scheduled_cycle() -> None:
    store = MemoryStateStore()
    accept(store.calls, replace(STEP, mode="queued"), NOON)
    assert store.calls.outlook(NOON).waiting == 0
    assert len(store.requests(waiting=True)) == 2
    assert len(store.calls.due(NOON + ANSWER_WITHIN["queued"], 10)) == 1
