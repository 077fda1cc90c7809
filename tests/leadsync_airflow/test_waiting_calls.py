"""When calls that wait start a run: at once when they are new, and again while they are left."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from leadsync.errors import ConfigurationError
from leadsync.state.call_port import Outlook
from leadsync.state.store import SqlStateStore
from leadsync_airflow.triggers import waiting_calls
from leadsync_airflow.triggers.waiting_calls import WaitingCallsTrigger
from leadsync_airflow.triggers.watch import FIRST_AGAIN, LONGEST_AGAIN, Watch
from support.state_rows import NOON, call, call_item, request

IDLE = Outlook()


def after(**time: float) -> Any:
    return NOON + timedelta(**time)


def test_what_is_new_is_announced_at_once_and_only_once() -> None:
    watch = Watch()
    one = Outlook(waiting=1, newest=NOON)
    assert not watch.announces(IDLE, NOON)
    assert watch.announces(one, after(seconds=1))
    assert not watch.announces(one, after(seconds=2))
    assert watch.announces(Outlook(2, after(seconds=2)), after(seconds=3))


def test_what_is_left_is_announced_again_less_and_less_often() -> None:
    watch, left = Watch(), Outlook(waiting=1, newest=NOON)
    announced = [second for second in range(1200) if watch.announces(left, after(seconds=second))]
    gaps = [late - early for early, late in pairwise(announced)]
    assert announced[0] == 0
    assert gaps[0] == FIRST_AGAIN.total_seconds()
    assert gaps == sorted(gaps)
    assert gaps[-1] == LONGEST_AGAIN.total_seconds()


def test_what_comes_after_everything_was_done_is_new() -> None:
    watch = Watch()
    assert watch.announces(Outlook(1, NOON), NOON)
    assert not watch.announces(IDLE, after(seconds=5))
    assert watch.announces(Outlook(1, after(seconds=6)), after(seconds=6))


def test_a_callback_that_its_run_sends_needs_no_other_run() -> None:
    watch, owed = Watch(), Outlook(callbacks=1)
    assert not watch.announces(owed, NOON)
    assert not watch.announces(IDLE, after(seconds=2))
    assert not watch.announces(owed, after(seconds=4))
    assert watch.announces(owed, after(seconds=8))
    assert not watch.announces(owed, after(seconds=9))
    assert watch.announces(owed, after(seconds=30))


def first_event(trigger: WaitingCallsTrigger) -> Any:
    async def fire() -> Any:
        async for event in trigger.run():
            return event.payload
        return None

    return asyncio.run(asyncio.wait_for(fire(), 60))


def test_the_trigger_fires_for_what_the_store_holds(
    sqlite_store: SqlStateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadsync.opened.open_state", lambda: sqlite_store)
    sqlite_store.calls.accept(call(1), [call_item(1)], [request(1)])
    assert first_event(WaitingCallsTrigger(0.01))["waiting"] == 1


def test_a_store_that_is_away_is_looked_at_again(
    sqlite_store: SqlStateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = [ConfigurationError("the database is away")]

    def opened() -> SqlStateStore:
        if away:
            raise away.pop()
        return sqlite_store

    monkeypatch.setattr("leadsync.opened.open_state", opened)
    monkeypatch.setattr(waiting_calls, "PAUSE_SECONDS", 0.01)
    sqlite_store.calls.accept(call(1), [call_item(1)], [request(1)])
    assert first_event(WaitingCallsTrigger(0.01))["waiting"] == 1


def test_airflow_can_make_the_trigger_again() -> None:
    from importlib import import_module

    path, arguments = WaitingCallsTrigger(0.7).serialize()
    module, _, name = path.rpartition(".")
    made = getattr(import_module(module), name)(**arguments)
    assert made.serialize() == (path, arguments)
