"""A cycle that succeeds badly says so, and with what (docs/architecture.md)."""

from __future__ import annotations

import pytest

from leadsync.cycle.activity_log.queue import LONGEST_PAUSE
from leadsync.cycle.degraded import FEW_HELD, STUCK_AFTER
from leadsync.errors import NotSentError
from leadsync.model import Json
from support.world import MAPPING, World, world

__all__ = ["world"]


def subjects(report: Json) -> list[str]:
    """What a report calls not well."""
    return [reason.partition(":")[0] for reason in report["degraded"]]


def new_rows(world: World, good: int, bad: int) -> None:
    """New leads, some of which fail their rules."""
    for n in range(good + bad):
        city = "x" * 300 if n < bad else "Lund"
        address = f"{n}@example.com"
        world.dynamics.add("lead", lastname="Ek", emailaddress1=address, address1_city=city)


def test_a_cycle_in_which_all_went_well_is_not_degraded(world: World) -> None:
    new_rows(world, 50, 0)
    assert world.cycle()["degraded"] == []
    assert world.cycle()["degraded"] == []


def test_a_large_share_of_held_records_is_told_with_its_numbers(world: World) -> None:
    new_rows(world, 80, FEW_HELD)
    [reason] = world.cycle()["degraded"]
    assert reason.startswith(f"quarantine: {FEW_HELD} of 90 records are held")
    assert "degraded_share (10%)" in reason
    assert world.cycle()["degraded"] == []


def test_few_held_records_are_everyday_life(world: World) -> None:
    new_rows(world, 1, FEW_HELD - 1)
    assert world.cycle()["degraded"] == []


def test_a_breaker_that_is_near_is_told(world: World) -> None:
    new_rows(world, 31, 19)
    report = world.cycle()
    assert subjects(report) == ["quarantine", "breaker near for Marketo"]
    assert "19 of 50 rows failed, 76% of what stops the cycle" in report["degraded"][1]


def test_refusals_by_the_server_bring_the_breaker_near_too(world: World) -> None:
    new_rows(world, 40, 0)
    world.marketo.refuse = lambda record: len(world.marketo.writes) <= 15
    assert subjects(world.cycle()) == ["quarantine", "breaker near for Marketo"]


def test_a_quota_that_is_nearly_spent_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.engine.ledger), "used_today", lambda _, system: 0.85)
    report = world.cycle()
    assert report["degraded"] == [
        "quota of Marketo: 85% of our calls of the day are used",
        "quota of Dynamics: 85% of our calls of the day are used",
    ]


def test_a_suspended_field_is_told_as_long_as_it_is_suspended(world: World) -> None:
    world.cycle()
    columns = dict(world.dynamics.tables["lead"].columns)
    del columns["jobtitle"]
    table = world.dynamics.tables["lead"]
    world.dynamics.tables["lead"] = type(table)(
        table.name, table.entity_set, table.primary_id, columns
    )
    world.clock.advance(3600)
    assert "suspended fields" in subjects(world.cycle())
    assert subjects(world.cycle()) == ["suspended fields"]


def test_a_full_comparison_is_told_once(world: World) -> None:
    world.cycle()
    world.clock.advance(90 * 86_400)
    assert "full comparison" in subjects(world.cycle())
    assert world.cycle()["degraded"] == []


def test_a_lag_that_grows_is_told_and_one_that_shrinks_is_not(world: World) -> None:
    def late(seconds: float) -> list[str]:
        request = world.clock.now()
        world.clock.advance(seconds)
        return subjects(world.cycle(window_to=request))

    assert late(400) == []
    assert late(600) == []
    assert late(800) == ["lag"]
    assert late(700) == []


def test_a_run_that_waited_while_others_read_further_is_no_lag(world: World) -> None:
    queued = world.clock.now()
    for seconds in (400, 600):
        window = world.clock.now()
        world.clock.advance(seconds)
        world.cycle(window_to=window)
    assert subjects(world.cycle(window_to=queued)) == []


def test_a_record_that_is_deferred_again_and_again_is_told(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, title="CTO")
    reports = []
    for n in range(STUCK_AFTER + 1):
        world.dynamics.before_write.append(("lead", row, {"address1_city": f"C{n}"}))
        reports.append(world.cycle())
    assert reports[STUCK_AFTER - 2]["degraded"] == []
    assert subjects(reports[-1]) == ["deferred"]
    assert "changed in Dynamics while the cycle ran" in reports[-1]["degraded"][0]
    assert world.cycle()["degraded"] == []


def test_entries_that_cannot_be_sent_are_told_until_they_are(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ = world.linked()
    world.marketo.edit(person, firstName="x" * 60)

    def down(activities: object) -> None:
        raise NotSentError("down", system="marketo", call="POST")

    with monkeypatch.context() as patched:
        patched.setattr(world.marketo, "add_activities", down)
        reports = [world.cycle() for _ in range(2)]
    assert [subjects(report) for report in reports] == [["activity log"]] * 2
    stored = world.store.cycle(reports[-1]["cycle_id"])
    assert stored is not None
    assert stored.report == reports[-1]
    world.clock.advance(LONGEST_PAUSE)
    assert world.cycle()["degraded"] == []


def test_the_share_is_the_mappings(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"degraded_share": 0.5}}
    new_rows(world, 80, FEW_HELD)
    assert "quarantine" not in subjects(world.cycle())
