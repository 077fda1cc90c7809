"""What a cycle's checks came to, by suite; and rules that changed since the last cycle."""

from __future__ import annotations

import copy
import logging
from dataclasses import replace

import pytest

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest
from leadsync.cycle.decide.breaker import BreakerError
from leadsync.cycle.runner import run_cycle
from leadsync.data_docs.archive import results_of
from leadsync.model import Json
from leadsync.staging.memory import MemoryStaging
from support.world import World, world

__all__ = ["world"]


def test_each_suite_that_judged_has_a_result_without_values(world: World) -> None:
    person, _ = world.linked()
    world.marketo.edit(person, firstName="x" * 60)
    world.clock.advance(60)
    request = CycleRequest(kind="scheduled", window_to=world.clock.now())
    archive = MemoryStaging()
    engine = replace(world.engine, archive=archive)
    cycle: Json = stages.open_cycle(engine, request)
    for stage in (stages.extract_marketo, stages.extract_dynamics, stages.merge_and_validate):
        stage(engine, cycle)
    [result] = results_of(archive, cycle["cycle_id"]) or []
    assert result["suite_name"] == "dynamics_lead_update"
    assert result["meta"]["leadsync"]["table"] == "lead"
    failed = [one for one in result["results"] if not one["success"]]
    assert [one["expectation_config"]["meta"]["rule_id"] for one in failed] == ["max_length"]
    assert failed[0]["result"]["unexpected_count"] == failed[0]["result"]["element_count"] == 1
    assert result["statistics"]["unsuccessful_expectations"] == 1
    assert "xxxxx" not in str(result)


def test_changed_rules_are_logged_and_reported_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    assert world.cycle()["rule_changes"] == []
    world.mapping = copy.deepcopy(world.mapping)
    world.mapping["fields"][2]["on_invalid"] = {"format": "warn"}
    with caplog.at_level(logging.WARNING, "leadsync"):
        changes = world.cycle()["rule_changes"]
    assert "Policy hold_record, now warn." in changes[0]
    assert [f"Rule changed: {line}" for line in changes] == caplog.messages
    assert world.cycle()["rule_changes"] == []


def test_a_cycle_that_the_breaker_stops_keeps_its_results(world: World) -> None:
    people = [world.linked()[0] for _ in range(30)]
    for person in people:
        world.marketo.edit(person, firstName="x" * 60)
    world.clock.advance(60)
    archive = MemoryStaging()
    request = CycleRequest(kind="scheduled", window_to=world.clock.now())
    with pytest.raises(BreakerError):
        run_cycle(replace(world.engine, archive=archive), request)
    [cycle_id] = archive.cycles()
    [result] = results_of(archive, cycle_id) or []
    assert result["statistics"]["unsuccessful_expectations"] == 1
