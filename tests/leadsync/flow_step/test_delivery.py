"""Every call is answered once: claimed, repeated after failures, given up for good reasons."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.flow_step.callback_url import CallbackPolicy
from leadsync.flow_step.delivery import (
    GIVE_UP_AFTER,
    LONGEST_DELAY,
    Outbox,
    delay,
)
from leadsync.flow_step.sending import Reply
from leadsync.model import Json
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import StateChanges
from support.manual_clock import ManualClock
from support.state_rows import NOON, call, call_item, link, request, row_id

LOST = Reply(None, "no reply")
REFUSED = Reply(None, "no connection", sent=False)


@dataclass
class Receiver:
    """Answers callbacks as it is told, and keeps what came."""

    replies: list[Reply] = field(default_factory=list)
    came: list[tuple[str, Mapping[str, str], Json]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: Json) -> Reply:
        self.came.append((url, headers, body))
        return self.replies.pop(0) if self.replies else Reply(202)


@dataclass
class World:
    store: MemoryStateStore = field(default_factory=MemoryStateStore)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    receiver: Receiver = field(default_factory=Receiver)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.store, self.clock, self.receiver, CallbackPolicy(), "999-ZZZ-999")

    def owed(self, number: int = 1, **changed: Any) -> None:
        done = request(number, status="done", outcome="created", message="created lead x")
        self.store.calls.accept(call(number, **changed), [call_item(number)], [done])

    def later(self, **time: float) -> None:
        self.clock.advance(timedelta(**time).total_seconds())

    def stored(self) -> Any:
        return self.store.calls._calls["call-1"]


@pytest.fixture
def world() -> World:
    return World()


def test_a_callback_carries_key_token_and_every_person(world: World) -> None:
    world.owed()
    world.store.apply(StateChanges(links=[link(1)]), lease=None)
    assert world.outbox.deliver() == {"delivered": 1}
    ((url, headers, body),) = world.receiver.came
    assert url == "https://x.adobe.io/back"
    assert headers == {"x-api-key": "k", "x-callback-token": "t1"}
    assert (body["munchkinId"], body["token"]) == ("123-ABC-456", "t1")
    (item,) = body["objectData"]
    assert item["leadData"]["id"] == 1
    assert item["leadData"]["leadsyncDynamicsId"] == row_id(1)
    assert item["activityData"]["success"] is True


def test_a_delivered_call_is_over_and_its_secrets_are_gone(world: World) -> None:
    world.owed()
    world.outbox.deliver()
    world.later(days=1)
    assert world.outbox.deliver() == {}
    assert (world.stored()["status"], world.stored()["callback"]) == ("closed", None)
    assert len(world.receiver.came) == 1


def test_failures_are_tried_again_with_growing_delays(world: World) -> None:
    world.receiver.replies = [REFUSED, Reply(503), Reply(429)]
    world.owed()
    for attempt in (1, 2, 3):
        assert world.outbox.deliver() == {"failed": 1}
        assert world.outbox.deliver() == {}
        world.later(seconds=delay(attempt).total_seconds())
    assert world.outbox.deliver() == {"delivered": 1}
    assert [delay(n).total_seconds() for n in (1, 2, 3)] == [5, 10, 20]
    assert delay(60) == LONGEST_DELAY


def test_the_receiver_says_how_long_to_wait(world: World) -> None:
    world.receiver.replies = [Reply(429, retry_after=60.0)]
    world.owed()
    world.outbox.deliver()
    world.later(seconds=59)
    assert world.outbox.deliver() == {}
    world.later(seconds=1)
    assert world.outbox.deliver() == {"delivered": 1}


@pytest.mark.parametrize("lost", [LOST, Reply(500), Reply(504)])
@pytest.mark.parametrize("used", [404, 405, 410])
def test_a_used_token_tells_that_the_lost_attempt_arrived(
    world: World, lost: Reply, used: int
) -> None:
    world.receiver.replies = [lost, Reply(used)]
    world.owed()
    world.outbox.deliver()
    world.later(minutes=1)
    assert world.outbox.deliver() == {"delivered": 1}


@pytest.mark.parametrize("first", [REFUSED, Reply(429)])
def test_a_token_that_cannot_have_been_used_is_refused_for_good(world: World, first: Reply) -> None:
    world.receiver.replies = [first, Reply(404)]
    world.owed()
    world.outbox.deliver()
    world.later(minutes=1)
    assert world.outbox.deliver() == {"given_up": 1}


def test_what_is_refused_is_given_up_and_told(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.receiver.replies = [Reply(400)]
    world.owed()
    with caplog.at_level(logging.WARNING):
        assert world.outbox.deliver() == {"given_up": 1}
    assert "call-1" in caplog.text
    assert "HTTP 400" in caplog.text
    assert world.store.calls.counts().given_up == 1
    assert world.stored()["callback"] is None


def test_a_receiver_that_is_away_for_a_day_is_given_up(world: World) -> None:
    world.receiver.replies = [REFUSED] * 200
    world.owed()
    while world.store.calls.counts().open:
        world.outbox.deliver()
        world.later(seconds=LONGEST_DELAY.total_seconds())
    assert world.clock.now() - NOON > GIVE_UP_AFTER
    assert 40 < len(world.receiver.came) < 60


def test_a_host_that_is_no_longer_allowed_is_not_called(world: World) -> None:
    back = {"url": "https://evil.example/x", "key": "k", "token": "t"}
    world.owed(callback=back)
    assert world.outbox.deliver() == {"given_up": 1}
    assert world.receiver.came == []


def test_a_run_that_died_while_sending_is_taken_up_by_the_next(world: World) -> None:
    world.owed()
    (due,) = world.store.calls.due(NOON, 10)
    assert world.store.calls.claim(due, NOON + timedelta(minutes=2))
    assert world.outbox.deliver() == {}
    world.later(minutes=2)
    world.receiver.replies = [Reply(404)]
    assert world.outbox.deliver() == {"delivered": 1}


@dataclass
class OneTime:
    """Takes each token once, as Marketo does, and dies on the way as it is told."""

    dies: list[str]
    taken: list[str] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: Json) -> Reply:
        if self._die("before"):
            raise DiedError
        token = headers["x-callback-token"]
        if token in self.taken:
            return Reply(404)
        self.taken.append(token)
        if self._die("after"):
            raise DiedError
        return Reply(None, "no reply") if self._die("lost") else Reply(202)

    def _die(self, where: str) -> bool:
        return bool(self.dies) and self.dies[0] == where and bool(self.dies.pop(0))


class DiedError(Exception):
    """The run ends here."""


@given(st.lists(st.sampled_from(["before", "after", "lost"]), max_size=4))
def test_however_runs_die_every_call_is_answered_once(dies: list[str]) -> None:
    world, receiver = World(), OneTime(dies)
    world.owed(1)
    while world.store.calls.counts().open:
        with suppress(DiedError):
            Outbox(world.store, world.clock, receiver, CallbackPolicy()).deliver()
        world.later(minutes=5)
    assert receiver.taken == ["t1"]
    assert world.store.calls.counts().given_up == 0


def test_secrets_stay_out_of_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    back = {"url": "https://x.adobe.io/s3cr3t", "key": "s3cr3t-k", "token": "s3cr3t-t"}
    world.receiver.replies = [LOST, Reply(400)]
    world.owed(callback=back)
    with caplog.at_level(logging.DEBUG):
        world.outbox.deliver()
        world.later(minutes=1)
        world.outbox.deliver()
    assert "call-1" in caplog.text
    assert "s3cr3t" not in caplog.text


def test_many_calls_are_answered_each_once(world: World) -> None:
    for number in range(1, 451):
        world.owed(number)
    assert world.outbox.deliver() == {"delivered": 450}
    tokens = [headers["x-callback-token"] for _, headers, _ in world.receiver.came]
    assert sorted(tokens) == sorted(f"t{number}" for number in range(1, 451))
