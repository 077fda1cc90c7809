"""What a cycle forgets, and what it keeps however old it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from leadsync.cycle.request.undo import undo
from leadsync.cycle.retention import CURSOR, let_go
from leadsync.staging.memory import MemoryStaging
from leadsync.state.port import StateChanges
from support.state_rows import intent, quarantined, request
from support.world import World, world

__all__ = ["world"]

DAY = timedelta(days=1).total_seconds()


def test_old_journal_cycles_and_frames_go_and_pairs_stay(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    old = world.cycle()["cycle_id"]
    world.staging.write_document("20200101T000000-failed", "probe", {})
    world.clock.advance(401 * DAY)
    world.cycle()
    world.clock.advance(7200)
    world.marketo.edit(person, title="C")
    new = world.cycle()["cycle_id"]
    assert world.store.cycle(old) is None
    assert {line["cycle_id"] for line in world.store.journal()} == {new}
    assert "20200101T000000-failed" not in world.staging.cycles()
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "C"
    assert undo(world.engine, new, dry_run=True).drift != []


def test_validation_reports_go_with_their_cycles(world: World) -> None:
    archive = MemoryStaging()
    engine = replace(world.engine, archive=archive)
    kept = f"{world.clock.now() - timedelta(days=89):%Y%m%dT%H%M%S}-kept"
    for cycle_id in ("20200101T000000-old", kept):
        archive.write_document(cycle_id, "validation", {"results": []})
    assert let_go(engine, None)["reports"] == 1
    assert archive.cycles() == [kept]


def test_what_waits_or_is_in_doubt_is_kept(world: World) -> None:
    world.cycle()
    ids = {"cycle_id": "20200101T000000-x"}
    world.store.apply(
        StateChanges(
            intents=[
                intent(1, operation="create", status="pending", **ids),
                intent(2, operation="update", status="done", **ids),
            ],
            requests=[request(1, status="waiting"), request(2, status="done")],
            quarantine=[
                quarantined(1, record_key="a", status="open"),
                quarantined(2, record_key="b", status="discarded"),
            ],
        ),
        lease=None,
    )
    world.clock.advance(1000 * DAY)
    removed = let_go(world.engine, None)
    assert {name: removed[name] for name in ("intent", "request", "quarantine")} == {
        "intent": 1,
        "request": 1,
        "quarantine": 1,
    }
    assert [row["intent_id"] for row in world.store.unconfirmed_pairs()] == ["intent-1"]
    assert [row["request_id"] for row in world.store.requests()] == ["request-1"]
    assert [row["id"] for row in world.store.quarantine()] == ["item-1"]


def test_a_bounded_part_goes_at_a_time_until_nothing_is_left(world: World) -> None:
    people = [world.linked(jobtitle="A")[0] for _ in range(4)]
    for person in people:
        world.marketo.edit(person, title="B")
    world.cycle()
    lines = len(world.store.journal())
    world.clock.advance(1000 * DAY)
    before = world.store.cursors()[CURSOR]
    assert let_go(world.engine, None, most=3)["journal"] == 3
    assert world.store.cursors()[CURSOR] == before
    while world.store.cursors()[CURSOR] == before:
        let_go(world.engine, None, most=3)
    assert (lines > 6, world.store.journal()) == (True, [])


def test_it_is_done_once_an_hour(world: World) -> None:
    world.cycle()
    assert let_go(world.engine, None) == {}
    world.clock.advance(3601)
    assert let_go(world.engine, None) != {}


@pytest.mark.parametrize("days", [13.9, 14.1])
def test_intents_go_by_the_time_of_their_cycle(world: World, days: float) -> None:
    person, _ = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    world.clock.advance(days * DAY)
    let_go(world.engine, None)
    assert bool(world.store.intents(cycle_id, "dynamics")) is (days < 14)
