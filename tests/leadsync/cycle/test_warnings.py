"""Failures that hold nothing back are journalled with their write and reported (S057, S028)."""

from __future__ import annotations

import copy

import pytest

from leadsync.model import Json
from leadsync.state.port import JournalRow
from support.world import MAPPING, World


@pytest.fixture
def world() -> World:
    mapping: Json = copy.deepcopy(MAPPING)
    changes: dict[str, Json] = {
        "firstName": {"on_invalid": "truncate"},
        "email": {"on_invalid": {"format": "warn"}},
        "title": {"default_on_create": "unknown"},
    }
    for entry in mapping["fields"]:
        entry.update(changes.get(entry["marketo"], {}))
    return World(mapping)


def journalled(world: World, field: str) -> list[JournalRow]:
    """Warnings about a field in the journal."""
    rows = world.store.journal()
    return [row for row in rows if (row["kind"], row["field"]) == ("warned", field)]


def test_s057_a_cut_text_is_journalled_and_counted(world: World) -> None:
    person, row = world.linked(firstname="Ann")
    world.marketo.edit(person, firstName="x" * 60)
    report = world.cycle()
    assert world.dynamics.rows["lead"][row]["firstname"] == "x" * 50
    assert report["warnings"] == [
        {
            "direction": "to_dynamics",
            "table": "lead",
            "operation": "update",
            "target": "firstname",
            "rule": "max_length",
            "policy": "truncate",
            "records": 1,
        }
    ]
    [warning] = journalled(world, "firstName")
    assert (warning["marketo"], warning["dynamics"]) == ("x" * 60, "x" * 50)
    assert (warning["marketo_id"], warning["dynamics_id"]) == (person, row)
    assert warning["rule"] == "max_length: truncate"
    assert world.cycle()["warnings"] == []


def test_what_only_warns_is_written(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, email="foo@@bar")
    [warning] = world.cycle()["warnings"]
    assert (warning["rule"], warning["policy"]) == ("format", "warn")
    assert world.dynamics.rows["lead"][row]["emailaddress1"] == "foo@@bar"
    assert world.quarantined() == []


def test_s028_a_default_that_fills_a_gap_is_told(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="p@example.com")
    world.sync_person(person)
    [warning] = journalled(world, "title")
    assert (warning["marketo"], warning["dynamics"]) == (None, "unknown")


def test_a_held_record_warns_of_nothing(world: World) -> None:
    person, _ = world.linked()
    world.marketo.edit(person, firstName="x" * 60, lastName=None)
    assert world.cycle()["warnings"] == []
    assert journalled(world, "firstName") == []
    assert {f["rule"] for item in world.quarantined() for f in item["failures"]} == {
        "required",
        "max_length",
    }
