"""A long backlog of changes is read over several cycles; opt-outs and new leads go first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from leadsync.cycle.extract import feed, person_feeds
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.cycle.extract.person_feeds import CHANGES_CURSOR, EVENTS_CURSOR, READING_SHARE
from leadsync.cycle.request.reconcile import reconcile
from leadsync.status import status_document
from support.world import World, world

__all__ = ["world"]

PAGE = 2
PAIRS = 12


@pytest.fixture
def backlog(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Linked pairs whose persons changed long ago, one after the other, while all was paused.

    A page of changes takes as long as a cycle may read.
    """
    monkeypatch.setattr(feed, "SLICE", 1)
    monkeypatch.setattr(person_feeds, "AHEAD", 2)
    for number in range(PAIRS):
        world.dynamics.add("lead", lastname="Ek", emailaddress1=f"p{number}@x.com", jobtitle="A")
    for _ in range(4):  # until our own writes have come back and are settled
        world.cycle()
        world.clock.advance(world.settings.overlap_seconds * 2)
    pairs = [(int(p["id"]), str(p["leadsyncDynamicsId"])) for p in world.marketo.people.values()]
    for person, _ in pairs:
        world.clock.advance(60)
        world.marketo.edit(person, title="B")
    world.clock.advance(world.settings.overlap_seconds * 3)
    world.marketo.page_size = PAGE
    slow = world.settings.cycle_seconds * READING_SHARE
    world.marketo.lead_changes = slowed(world, world.marketo.lead_changes, slow)  # type: ignore[method-assign]
    return pairs


def slowed(world: World, read: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    def slow(*call: Any, **asked: Any) -> Any:
        world.clock.advance(seconds)
        return read(*call, **asked)

    return slow


def titles(world: World, pairs: list[tuple[int, str]]) -> list[str]:
    return [world.dynamics.rows["lead"][row]["jobtitle"] for _, row in pairs]


def reached(world: World) -> datetime:
    return FeedCursor.parse(world.store.cursors()[CHANGES_CURSOR]).reached


def test_the_rest_waits_with_its_cursor_where_the_reading_stopped(
    world: World, backlog: list[tuple[int, str]]
) -> None:
    report = world.cycle()
    assert titles(world, backlog) == ["B"] * PAGE + ["A"] * (PAIRS - PAGE)
    assert report["unread_since"] == {CHANGES_CURSOR: reached(world).isoformat()}
    assert any(reason.startswith("backlog: ") for reason in report["degraded"])
    lag = status_document(world.store, world.clock.now(), {})["lag_seconds"]
    assert lag == int((world.clock.now() - reached(world)).total_seconds()) > 60
    for cycles in range(2, PAIRS // PAGE + 1):
        report = world.cycle()
        assert titles(world, backlog).count("B") == cycles * PAGE
    assert world.cycle()["unread_since"] == {}
    quiet = world.cycle()
    assert quiet["degraded"] == []
    assert world.writes == 0


def test_what_was_read_on_the_way_is_not_read_again(
    world: World, backlog: list[tuple[int, str]]
) -> None:
    world.cycle()
    assert FeedCursor.parse(world.store.cursors()[CHANGES_CURSOR]).stretches == ()


def test_an_opt_out_and_a_new_lead_do_not_wait_behind_a_backlog(
    world: World, backlog: list[tuple[int, str]]
) -> None:
    stopped, row = backlog[-1]
    world.marketo.edit(stopped, unsubscribed=True)
    world.marketo.add(lastName="Ny", email="ny@x.com")
    new = world.dynamics.add("lead", lastname="Ny", emailaddress1="new@x.com")
    world.cycle()
    assert world.dynamics.rows["lead"][row]["donotbulkemail"] is True
    assert world.person_of(new)["email"] == "new@x.com"
    assert titles(world, backlog).count("A") == PAIRS - PAGE - 1


def test_looking_ahead_goes_on_where_it_stopped_and_ends_with_the_backlog(
    world: World, backlog: list[tuple[int, str]]
) -> None:
    for number in range(PAGE * 2 + 1):  # more new persons than a cycle looks through
        world.marketo.add(lastName="Ny", email=f"new{number}@x.com")
    stopped, row = backlog[-1]
    world.clock.advance(1)
    world.marketo.edit(stopped, unsubscribed=True)
    world.cycle()
    assert world.dynamics.rows["lead"][row]["donotbulkemail"] is not True
    world.cycle()
    assert world.dynamics.rows["lead"][row]["donotbulkemail"] is True
    while world.cycle()["unread_since"]:
        pass
    assert FeedCursor.parse(world.store.cursors()[CHANGES_CURSOR]).ahead is None


def test_recorded_changes_are_no_drift_however_many_wait(
    world: World, backlog: list[tuple[int, str]]
) -> None:
    found = reconcile(world.engine, repair=True)
    assert found.drift == []
    assert titles(world, backlog) == ["B"] * PAIRS


def test_a_merge_behind_a_long_log_of_events_is_seen_with_its_deletions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SLICE", 1)
    others = [world.linked()[0] for _ in range(3)]
    survivor = world.marketo.add(email="other@x.com", lastName="Ek")
    loser, row = world.linked()
    for person in others:
        world.marketo.unsubscribe(person)
    world.marketo.merge_logs_delete = True
    world.marketo.merge(survivor, [loser])
    world.marketo.page_size = 1
    slow = slowed(world, world.marketo.activities, world.settings.cycle_seconds)
    world.marketo.activities = slow  # type: ignore[method-assign]
    report = world.cycle()
    assert list(report["unread_since"]) == [EVENTS_CURSOR]
    assert int(world.person_of(row)["id"]) == survivor
    assert world.store.links_of_rows("lead", [row])[-1]["marketo_id"] == survivor
    while world.cycle()["unread_since"]:
        pass
    assert world.marketo.people[survivor]["leadsyncDynamicsDeleted"] is not True
