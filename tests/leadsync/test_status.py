"""Lag, backlog, pace, quotas and causes of quarantine, from what the store knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.http.limits import QuotaUse
from leadsync.model import Json
from leadsync.status import status_document
from support.world import World, world

__all__ = ["world"]

KEYS = {
    "links_lead",
    "links_contact",
    "quarantine_open",
    "deferred",
    "requests_waiting",
    "lag_seconds",
    "backlog",
    "oldest_waiting",
    "throughput",
    "estimated_backlog",
    "eta_seconds",
    "quota",
    "quarantine_causes",
    "incidents",
    "first_load",
    "running",
    "held_by",
    "suspended",
    "last_full_comparison",
    "last_cycle",
}


def status(world: World, **asked: Any) -> Json:
    """The status now."""
    use = QuotaUse(100, 45_000, world.clock.now())
    return status_document(world.store, world.clock.now(), {"marketo": use}, **asked)


def test_before_the_first_cycle_there_is_nothing_to_tell(world: World) -> None:
    told = status(world)
    assert set(told) >= KEYS
    assert (told["lag_seconds"], told["oldest_waiting"], told["eta_seconds"]) == (None, None, None)
    assert told["last_cycle"] is None


def test_lag_counts_from_the_last_cycle_that_moved_the_cursors(world: World) -> None:
    world.linked()
    world.clock.advance(90)
    assert status(world)["lag_seconds"] == 90


def test_what_waits_is_told_by_direction_and_table_with_the_oldest(world: World) -> None:
    world.dynamics.add("contact", lastname="Ek", emailaddress1="no address")
    world.cycle()
    first = world.clock.now()
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    world.dynamics.before_write.append(("lead", row, {"address1_city": "Lund"}))
    world.cycle()
    store_requests(world.engine, [person_request(world.engine, "sync_now", person)])
    told = status(world)
    assert told["backlog"]["to_marketo"]["contact"] == {"deferred": 0, "quarantined": 1}
    assert told["backlog"]["to_dynamics"]["lead"] == {"deferred": 1, "quarantined": 0}
    assert told["requests_waiting"] == 1
    assert told["oldest_waiting"]["what"] == "quarantined"
    assert told["oldest_waiting"]["at"] == first
    (cause,) = told["quarantine_causes"]
    assert (cause["items"], cause["field"]) == (1, "email")


def test_the_pace_and_the_lag_say_when_all_is_through(world: World) -> None:
    for number in range(3):
        world.dynamics.add("lead", lastname="Ek", emailaddress1=f"{number}@x.com")
        world.cycle()
    pace = status(world)["throughput"]
    assert (pace["cycles"], pace["rows"] >= 3) == (3, True)
    assert pace["rows_per_minute_arriving"] == pytest.approx(1.5, abs=1)
    world.clock.advance(timedelta(hours=1).total_seconds())
    told = status(world)
    assert told["estimated_backlog"] >= 60
    assert told["eta_seconds"] is not None


def test_the_quota_tells_what_is_left_and_what_others_used(world: World) -> None:
    use = status(world, used_by_all={"marketo": 7_000})["quota"]["marketo"]
    assert (use["used"], use["budget"], use["left"], use["used_by_all"]) == (
        100,
        45_000,
        44_900,
        7_000,
    )
    assert status(world)["quota"]["marketo"]["used_by_all"] is None


def test_open_incidents_are_told_until_they_are_over(world: World) -> None:
    book, now = world.store.incidents, world.clock.now()
    book.happened("lead_sync", "task:load_marketo", now)
    book.happened("reconcile", "run", now)
    book.close("reconcile", now)
    (incident,) = status(world)["incidents"]
    assert (incident["scope"], incident["subject"]) == ("lead_sync", "task:load_marketo")
    assert (incident["opened_at"], incident["count"]) == (now, 1)
    book.close("lead_sync", now)
    assert status(world)["incidents"] == []
