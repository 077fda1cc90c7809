"""Cycles whose process died are ended by the next one."""

from __future__ import annotations

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest
from support.world import World, world

__all__ = ["world"]


def test_a_cycle_that_died_is_marked_as_failed_and_its_staging_removed(world: World) -> None:
    world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    request = CycleRequest(kind="scheduled", window_to=world.clock.now(), run_id="died")
    died = stages.open_cycle(world.engine, request)
    stages.extract_marketo(world.engine, died)
    world.clock.advance(100_000)
    report = world.cycle()
    record = world.store.cycle(died["cycle_id"])
    assert record is not None
    assert (record.status, record.closed_at is None) == ("failed", False)
    assert "ended without a commit" in str(record.error)
    assert world.staging.cycles() == []
    finished = world.store.cycle(report["cycle_id"])
    assert finished is not None
    assert finished.status == "done"
