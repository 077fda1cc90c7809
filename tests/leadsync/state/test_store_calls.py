"""Calls and the callbacks that are owed, on every kind of store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from leadsync.state.call_port import CallCounts, Outlook
from leadsync.state.port import StateChanges, StateStore
from leadsync.state.store import SqlStateStore
from support.state_rows import NOON, call, call_item, request

LATER = NOON + timedelta(minutes=5)


def answer(store: StateStore, number: int, outcome: str = "created") -> None:
    row = request(number, status="done", outcome=outcome, message="made")
    store.apply(StateChanges(requests=[row]), lease=None)


def test_a_call_is_accepted_once_with_all_that_it_brings(store: StateStore) -> None:
    assert store.calls.accept(call(1), [call_item(1)], [request(1)])
    other = request(2)
    assert not store.calls.accept(call(1), [call_item(1, request_id="request-2")], [other])
    assert store.requests() == [request(1)]
    assert store.calls.known(["call-1", "call-2"]) == {"call-1"}
    assert store.calls.counts() == CallCounts(open=1)


def test_real_time_calls_wait_for_a_cycle_of_their_own_and_queued_ones_do_not(
    store: StateStore,
) -> None:
    late = request(1, requested_at=LATER)
    store.calls.accept(call(1), [call_item(1)], [late])
    store.calls.accept(call(2, mode="queued"), [call_item(2)], [request(2)])
    store.calls.accept(call(3), [call_item(3)], [request(3)])
    store.apply(StateChanges(requests=[request(4)]), lease=None)
    assert store.calls.waiting_requests(10) == [request(3), late]
    assert store.calls.waiting_requests(1) == [request(3)]
    assert store.calls.outlook(NOON) == Outlook(waiting=2, newest=LATER, callbacks=0)


def test_a_callback_is_due_when_all_persons_are_answered(store: StateStore) -> None:
    items = [call_item(1), call_item(1, 1, marketo_id=2, request_id="request-2")]
    store.calls.accept(call(1), items, [request(1), request(2)])
    answer(store, 1)
    assert store.calls.due(NOON, 10) == []
    answer(store, 2)
    assert store.calls.due(NOON, 10) == [call(1)]
    assert store.calls.outlook(NOON) == Outlook(callbacks=1)
    assert store.calls.due(NOON - timedelta(seconds=1), 10) == []


def test_a_callback_is_due_when_its_time_is_over(store: StateStore) -> None:
    store.calls.accept(call(1, answer_by=LATER), [call_item(1)], [request(1)])
    assert store.calls.due(NOON, 10) == []
    assert store.calls.due(LATER, 10) == [call(1, answer_by=LATER)]
    (result,) = store.calls.results(["call-1"])
    assert (result["status"], result["outcome"]) == ("waiting", None)


def test_a_call_without_persons_is_answered_at_once(store: StateStore) -> None:
    store.calls.accept(call(1), [], [])
    assert store.calls.due(NOON, 10) == [call(1)]


def test_an_attempt_is_claimed_by_one(store: StateStore) -> None:
    store.calls.accept(call(1), [call_item(1)], [request(1, status="done")])
    assert store.calls.claim(call(1), LATER)
    assert not store.calls.claim(call(1), LATER)
    assert store.calls.due(NOON, 10) == []
    (again,) = store.calls.due(LATER, 10)
    assert again == call(1, attempts=1, next_attempt_at=LATER, unanswered=True)
    assert store.calls.claim(again, LATER)


def test_what_an_attempt_came_to_is_recorded(store: StateStore) -> None:
    store.calls.accept(call(1), [call_item(1)], [request(1, status="done")])
    failed = call(1, attempts=1, status="given_up", error="HTTP 404", callback=None)
    store.calls.record(failed)
    assert store.calls.counts() == CallCounts(given_up=1)
    store.calls.record(call(1, status="closed", callback=None))
    assert store.calls.counts() == CallCounts()
    assert not store.calls.claim(call(1), LATER)
    assert len(store.calls.results(["call-1"])) == 1


def test_results_come_in_the_order_of_the_call(store: StateStore) -> None:
    items = [
        call_item(1, position, marketo_id=9 - position, request_id=f"request-{9 - position}")
        for position in (2, 0, 1)
    ]
    store.calls.accept(call(1), items, [request(number) for number in (7, 8, 9)])
    answer(store, 8, "linked")
    results = store.calls.results(["call-1", "nobody"])
    assert [result["marketo_id"] for result in results] == [9, 8, 7]
    assert [result["outcome"] for result in results] == [None, "linked", None]


def test_ended_calls_are_forgotten_and_open_ones_kept(store: StateStore) -> None:
    store.calls.accept(call(1, status="closed"), [call_item(1)], [request(1)])
    store.calls.accept(call(2), [call_item(2)], [request(2)])
    store.calls.accept(call(3, status="closed", updated_at=LATER), [call_item(3)], [request(3)])
    assert store.calls.forget(LATER) == 1
    assert store.calls.known(["call-1", "call-2", "call-3"]) == {"call-2", "call-3"}
    assert store.calls.results(["call-1"]) == []


def test_s081_an_erased_person_leaves_its_calls(store: StateStore) -> None:
    items = [call_item(1), call_item(1, 1, marketo_id=2, request_id="request-2")]
    store.calls.accept(call(1), items, [request(1), request(2)])
    assert store.erase([1], [])["call_item"] == 1
    assert [result["marketo_id"] for result in store.calls.results(["call-1"])] == [2]
    answer(store, 2)
    assert len(store.calls.due(NOON, 10)) == 1


@pytest.mark.parametrize("attempt", ["accept", "claim"])
def test_of_many_at_once_one_succeeds(sql_store: SqlStateStore, attempt: str) -> None:
    if attempt == "claim":
        sql_store.calls.accept(call(1), [call_item(1)], [request(1, status="done")])

    def act(number: int) -> bool:
        if attempt == "claim":
            return sql_store.calls.claim(call(1), LATER)
        row = request(number)
        return sql_store.calls.accept(call(1), [call_item(1, request_id=f"r{number}")], [row])

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(act, range(8))) == [False] * 7 + [True]
    assert len(sql_store.requests()) == 1
