"""Reconcile and field backfill over both systems in memory (S120, S121, S125)."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.request.comparison import PAUSE
from leadsync.cycle.request.field_backfill import Span, backfill_field
from leadsync.cycle.request.reconcile import reconcile
from leadsync.errors import MappingError
from leadsync.model import Json
from support.world import MAPPING, World, world

__all__ = ["world"]


def without(name: str) -> dict[str, Any]:
    """The mapping without one field."""
    return {**MAPPING, "fields": [e for e in MAPPING["fields"] if e["marketo"] != name]}


def drift(world: World, row: str, table: str = "lead", **values: Any) -> None:
    """Change a row without a trace in the change feed."""
    world.dynamics.rows[table][row].update(values)


def test_s121_drift_is_found_and_repaired_by_the_rules(world: World) -> None:
    pairs = [world.linked(jobtitle="A") for _ in range(4)]
    for _, row in pairs[:3]:
        drift(world, row, jobtitle="B")
    before = world.store.cursors()
    assert world.cycle()["counts"]["to_marketo"]["lead"]["extracted"] == 0
    found = reconcile(world.engine, repair=True, chunk=3)
    assert (found.compared, len(found.drift), found.repaired) == (4, 3, 3)
    assert {item["marketo_id"] for item in found.drift} == {person for person, _ in pairs[:3]}
    [change] = found.drift[0]["changes"]
    assert change["fields"] == [{"field": "title", "from": "A", "to": "B"}]
    assert [p["title"] for p in world.marketo.people.values()] == ["B", "B", "B", "A"]
    assert world.store.cursors().keys() == before.keys()
    world.cycle()
    assert reconcile(world.engine, repair=True).drift == []


def test_a_long_chunk_lets_a_waiting_cycle_have_its_turn(world: World) -> None:
    for _, row in [world.linked(jobtitle="A") for _ in range(4)]:
        drift(world, row, jobtitle="B")
    gaps: list[timedelta] = []
    ended = world.clock.now()

    def slowly(engine: Engine, request: CycleRequest) -> Json:
        gaps.append(engine.clock.now() - ended)
        opened = stages.open_cycle(engine, request)
        engine.clock.sleep(60)
        return opened

    reconcile(world.engine, repair=True, chunk=2, opener=slowly)
    paused = [later - earlier for earlier, later in pairwise(gaps)]
    minute = timedelta(seconds=60)  # two ordinary cycles go before the two chunks
    assert paused == [minute, minute, timedelta(seconds=60 + PAUSE)]


def test_without_repair_drift_is_only_told(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    drift(world, row, jobtitle="B")
    world.cycle()
    found = reconcile(world.engine, repair=False)
    assert (len(found.drift), found.repaired) == (1, 0)
    assert world.marketo.people[person]["title"] == "A"


def test_drift_that_a_rule_holds_is_told_and_not_repaired(world: World) -> None:
    _, row = world.linked()
    world.cycle()
    drift(world, row, emailaddress1="no address")
    found = reconcile(world.engine, repair=True)
    assert (len(found.drift), found.repaired) == (1, 0)
    assert len(world.quarantined()) == 1


def test_a_pending_change_is_no_drift(world: World) -> None:
    person, _ = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    assert reconcile(world.engine, repair=True).drift == []


def test_a_row_that_vanished_unseen_is_found(world: World) -> None:
    people = [world.linked() for _ in range(20)]
    person, row = people[0]
    del world.dynamics.rows["lead"][row]
    found = reconcile(world.engine, repair=True)
    assert [item["dynamics_id"] for item in found.drift] == [row]
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True


def test_s120_a_backfill_brings_one_field_with_nulls_and_nothing_else(world: World) -> None:
    world.mapping = without("title")
    full, empty = (world.linked("contact", jobtitle=title) for title in ("CTO", None))
    world.marketo.edit(empty[0], title="old")
    world.cycle()
    drift(world, full[1], "contact", address1_city="Lund")
    world.mapping = MAPPING
    found = backfill_field(world.engine, "title")
    assert (found.compared, found.repaired) == (2, 2)
    assert world.marketo.people[full[0]]["title"] == "CTO"
    assert world.marketo.people[empty[0]]["title"] is None
    assert world.marketo.people[full[0]]["city"] is None
    assert backfill_field(world.engine, "title").drift == []


def test_s120_a_backfill_that_dies_goes_on_where_it_ended(world: World) -> None:
    world.mapping = without("title")
    people = [world.linked("contact", jobtitle="CTO")[0] for _ in range(6)]
    world.mapping = MAPPING
    engine = world.engine
    calls = iter(range(3))

    def refuse_third(record: Any) -> bool:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return False

    world.marketo.refuse = refuse_third
    with pytest.raises(KeyboardInterrupt):
        backfill_field(engine, "title", chunk=2)
    world.marketo.refuse = lambda record: False
    world.clock.advance(300)
    found = backfill_field(world.engine, "title", chunk=2)
    assert found.compared == 4
    assert {world.marketo.people[person]["title"] for person in people} == {"CTO"}
    assert backfill_field(world.engine, "title", chunk=2).compared == 6


def test_s120_a_span_limits_it_to_rows_created_or_changed_inside(world: World) -> None:
    world.mapping = without("title")
    old, new = (world.linked("contact", jobtitle="CTO") for _ in range(2))
    since = world.clock.now() + timedelta(seconds=1)
    world.clock.advance(60)
    world.dynamics.edit("contact", new[1], jobtitle="CFO")
    world.mapping = MAPPING
    found = backfill_field(world.engine, "title", Span(start=since))
    assert found.compared == 1
    assert world.marketo.people[new[0]]["title"] == "CFO"
    assert world.marketo.people[old[0]]["title"] is None


def test_s120_what_waits_in_quarantine_is_left_there(world: World) -> None:
    _, row = world.linked("contact", jobtitle="CTO")
    world.dynamics.edit("contact", row, emailaddress1="no address", jobtitle="CFO")
    world.cycle()
    found = backfill_field(world.engine, "title")
    assert found.compared == 0
    assert len(world.quarantined()) == 1


def test_a_field_that_is_not_synchronised_is_refused_with_the_nearest_name(world: World) -> None:
    with pytest.raises(MappingError, match='did you mean "title"'):
        backfill_field(world.engine, "titel")


def test_s125_a_field_that_left_the_mapping_keeps_its_values_and_loses_its_base(
    world: World,
) -> None:
    person, row = world.linked("contact", jobtitle="A")
    world.mapping = without("title")
    world.marketo.edit(person, title="B")
    world.cycle()
    world.cycle()
    assert (world.marketo.people[person]["title"], world.writes) == ("B", 0)
    assert world.dynamics.rows["contact"][row]["jobtitle"] == "A"
    world.mapping = MAPPING
    backfill_field(world.engine, "title")
    story = world.store.journal(marketo_ids=[person])
    [decided] = [line for line in story if line["kind"] == "no_base"]
    assert decided["winner"] == "dynamics"
    assert world.marketo.people[person]["title"] == "A"
