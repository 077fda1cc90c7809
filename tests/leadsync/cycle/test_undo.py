"""Undo of a cycle over both systems in memory."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.request.comparison import Compared
from leadsync.cycle.request.undo import undo
from leadsync.errors import ConfigurationError
from leadsync.model import Json
from support.crashing import Crash, Steps, watched
from support.world import MAPPING, RELATED_MAPPING, World, world

__all__ = ["world"]


def directed(name: str, direction: str) -> Json:
    """The mapping with one field's direction changed."""
    fields = [
        {**entry, "direction": direction} if entry["marketo"] == name else entry
        for entry in MAPPING["fields"]
    ]
    return {**MAPPING, "fields": fields}


def titles(world: World, person: int, row: str, table: str = "lead") -> tuple[Any, Any]:
    """Both sides' title."""
    return world.marketo.people[person]["title"], world.dynamics.rows[table][row]["jobtitle"]


def quiet(world: World) -> bool:
    """Whether two more cycles write nothing and journal nothing."""
    before = len(world.store.journal())
    writes = 0
    for _ in range(2):
        world.cycle()
        writes += world.writes
    return writes == 0 and len(world.store.journal()) == before


def reasons(found: Compared) -> dict[str | None, str]:
    return {one["field"]: one["reason"] for one in found.left}


@pytest.mark.parametrize("table", ["lead", "contact"])
def test_both_sides_go_back_and_stay_there(world: World, table: str) -> None:
    person, row = world.linked(table, jobtitle="A", address1_city="Lund")
    world.marketo.edit(person, title="B")
    world.dynamics.edit(table, row, address1_city="Ystad")
    cycle_id = world.cycle()["cycle_id"]
    found = undo(world.engine, cycle_id, dry_run=False)
    assert (found.repaired, found.left) == (1, [])
    assert titles(world, person, row, table) == ("A", "A")
    assert world.marketo.people[person]["city"] == "Lund"
    assert world.dynamics.rows[table][row]["address1_city"] == "Lund"
    assert quiet(world)


def test_a_preview_writes_nothing_and_tells_the_same(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    before = len(world.store.cycles())
    world.marketo.writes.clear()
    world.dynamics.writes.clear()
    told = undo(world.engine, cycle_id, dry_run=True)
    assert world.writes == 0
    assert len(world.store.cycles()) == before
    done = undo(world.engine, cycle_id, dry_run=False)
    assert [one["changes"] for one in told.drift] == [one["changes"] for one in done.drift]
    fields = [{"field": "title", "from": "B", "to": "A"}]
    assert [change["fields"] for change in done.drift[0]["changes"]] == [fields, fields]
    assert titles(world, person, row) == ("A", "A")


@pytest.mark.parametrize("side", ["marketo", "dynamics"])
def test_what_somebody_has_changed_since_is_left_alone(world: World, side: str) -> None:
    person, row = world.linked(jobtitle="A", address1_city="Lund")
    world.marketo.edit(person, title="B", city="Ystad")
    cycle_id = world.cycle()["cycle_id"]
    if side == "marketo":
        world.marketo.edit(person, title="C")
    else:
        world.dynamics.edit("lead", row, jobtitle="C")
    found = undo(world.engine, cycle_id, dry_run=False)
    assert reasons(found) == {"title": "the value was changed since"}
    assert world.marketo.people[person]["city"] == "Lund"
    world.cycle()
    assert titles(world, person, row) == ("C", "C")
    assert quiet(world)


def test_a_change_of_another_field_waits_for_its_own_cycle(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    world.marketo.edit(person, city="Lund")
    undo(world.engine, cycle_id, dry_run=False)
    assert world.dynamics.rows["lead"][row]["address1_city"] is None
    world.cycle()
    assert world.dynamics.rows["lead"][row]["address1_city"] == "Lund"
    assert titles(world, person, row) == ("A", "A")


def test_an_undone_collision_ends_with_the_value_that_had_lost(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="M")
    world.dynamics.edit("lead", row, jobtitle="D")
    cycle_id = world.cycle()["cycle_id"]
    undo(world.engine, cycle_id, dry_run=False)
    assert titles(world, person, row) == ("D", "D")
    assert quiet(world)


def test_undoing_an_undo_brings_the_values_back(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    (undone,) = undo(world.engine, cycle_id, dry_run=False).cycles
    kinds = {line["kind"] for line in world.store.journal(cycle_id=undone)}
    assert kinds == {"undone"}
    undo(world.engine, undone, dry_run=False)
    assert titles(world, person, row) == ("B", "B")
    assert quiet(world)


def test_undoing_twice_finds_the_old_values_there(world: World) -> None:
    person, _ = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    undo(world.engine, cycle_id, dry_run=False)
    again = undo(world.engine, cycle_id, dry_run=False)
    assert (again.drift, reasons(again)) == ([], {"title": "the old value is back already"})


@pytest.mark.parametrize("direction", ["to_marketo", "to_dynamics"])
def test_a_one_way_field_goes_back_on_its_target_alone(world: World, direction: str) -> None:
    world.mapping = directed("title", direction)
    person, row = world.linked(jobtitle="A")
    if direction == "to_marketo":
        world.dynamics.edit("lead", row, jobtitle="B")
    else:
        world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    assert titles(world, person, row) == ("B", "B")
    before = world.marketo.people[person]["title"], "A" if direction == "to_marketo" else None
    (undone,) = undo(world.engine, cycle_id, dry_run=False).cycles
    source_is_dynamics = direction == "to_marketo"
    after = titles(world, person, row)
    assert after[source_is_dynamics] == before[0]
    assert after[not source_is_dynamics] != "B"
    assert quiet(world)
    undo(world.engine, undone, dry_run=False)
    assert titles(world, person, row) == ("B", "B")
    assert quiet(world)


def test_company_values_go_back_until_the_account_changes_again(world: World) -> None:
    world.mapping = RELATED_MAPPING
    account = world.dynamics.add("account", name="Alfa")
    person, _ = world.linked("contact", _parentcustomerid_value=account)
    world.dynamics.edit("account", account, name="Beta")
    cycle_id = world.cycle()["cycle_id"]
    assert world.marketo.people[person]["company"] == "Beta"
    undo(world.engine, cycle_id, dry_run=False)
    assert world.marketo.people[person]["company"] == "Alfa"
    assert quiet(world)
    world.dynamics.edit("account", account, name="Gamma")
    world.cycle()
    assert world.marketo.people[person]["company"] == "Gamma"


def test_a_consent_is_never_taken_back(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, unsubscribed=True)
    cycle_id = world.cycle()["cycle_id"]
    found = undo(world.engine, cycle_id, dry_run=False)
    assert reasons(found) == {"unsubscribed": "a consent is never taken back"}
    assert world.dynamics.rows["lead"][row]["donotbulkemail"] is True


def test_an_address_that_opted_out_since_does_not_come_back(world: World) -> None:
    person, row = world.linked(emailaddress1="old@x.com")
    world.dynamics.edit("lead", row, emailaddress1="new@x.com")
    cycle_id = world.cycle()["cycle_id"]
    other, _ = world.linked(emailaddress1="old@x.com")
    world.marketo.edit(other, unsubscribed=True)
    world.cycle()
    found = undo(world.engine, cycle_id, dry_run=False)
    assert reasons(found) == {"email": "the old address has opted out since"}
    assert world.marketo.people[person]["email"] == "new@x.com"


def test_creations_and_ends_are_told_and_stay(world: World) -> None:
    person, row = world.linked()
    other = world.dynamics.add("lead", lastname="Ny", emailaddress1="n@x.com")
    world.dynamics.delete("lead", row)
    for _ in range(20):
        world.dynamics.add("lead", lastname="Ny")
    cycle_id = world.cycle()["cycle_id"]
    found = undo(world.engine, cycle_id, dry_run=False)
    assert found.drift == []
    told = {one["dynamics_id"]: one["reason"] for one in found.left}
    assert "delete it yourself" in told[other]
    assert "flagged" in told[row]
    assert world.person_of(other)["lastName"] == "Ny"
    assert world.marketo.people[person]["leadsyncDynamicsDeleted"] is True


def test_pairs_that_wait_or_are_gone_or_closed_are_told(world: World) -> None:
    pairs = [world.linked(jobtitle="A") for _ in range(25)]
    for person, _ in pairs[:4]:
        world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    world.dynamics.edit("lead", pairs[0][1], emailaddress1="no address")
    world.dynamics.deactivate("lead", pairs[1][1])
    world.dynamics.delete("lead", pairs[2][1])
    world.cycle()
    found = undo(world.engine, cycle_id, dry_run=False)
    told = {one["marketo_id"]: one["reason"] for one in found.left}
    assert "quarantine" in told[pairs[0][0]]
    assert "closed" in told[pairs[1][0]]
    assert "not linked any more" in told[pairs[2][0]]
    assert titles(world, *pairs[3]) == ("A", "A")


def test_what_the_rules_refuse_goes_back_on_neither_side(world: World) -> None:
    pairs = [world.linked(jobtitle=title) for title in ("A", "B")]
    for person, _ in pairs:
        world.marketo.edit(person, title="New", lastName="Other")
    cycle_id = world.cycle()["cycle_id"]
    person, row = pairs[0]
    (line,) = [
        line
        for line in world.store._journal
        if line["cycle_id"] == cycle_id
        and line["field"] == "lastName"
        and line["marketo_id"] == person
    ]
    line["dynamics"] = None  # as if it had been empty, which the column does not allow any more
    found = undo(world.engine, cycle_id, dry_run=False)
    refused = {one["field"]: one["reason"] for one in found.left}
    assert refused.keys() == {"title", "lastName"}
    assert all("the rules refuse the old value" in reason for reason in refused.values())
    assert titles(world, person, row) == ("New", "New")
    assert world.quarantined() == []
    assert titles(world, *pairs[1]) == ("B", "B")
    assert quiet(world)


def test_a_field_that_left_the_mapping_is_told(world: World) -> None:
    person, _ = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    fields = [entry for entry in MAPPING["fields"] if entry["marketo"] != "title"]
    world.mapping = {**MAPPING, "fields": fields}
    found = undo(world.engine, cycle_id, dry_run=False)
    assert reasons(found) == {"title": "the field is not synchronised any more"}


def test_a_third_change_during_the_undo_is_not_written_over(world: World) -> None:
    person, row = world.linked(jobtitle="A")
    world.marketo.edit(person, title="B")
    cycle_id = world.cycle()["cycle_id"]
    world.dynamics.before_write.append(("lead", row, {"jobtitle": "Z"}))
    undo(world.engine, cycle_id, dry_run=False)
    assert world.dynamics.rows["lead"][row]["jobtitle"] == "Z"
    for _ in range(2):
        world.cycle()
    marketo, dynamics = titles(world, person, row)
    assert marketo == dynamics
    assert quiet(world)


def test_an_unknown_cycle_is_refused(world: World) -> None:
    with pytest.raises(ConfigurationError, match="no cycle nonsense"):
        undo(world.engine, "nonsense", dry_run=True)


def undoing() -> tuple[World, str, list[tuple[int, str]]]:
    """Five pairs that a cycle changed, from either side."""
    world = World()
    world.marketo.batch_size = world.dynamics.batch_size = 2
    pairs = [world.linked(jobtitle="A") for _ in range(5)]
    for number, (person, row) in enumerate(pairs):
        if number % 2:
            world.marketo.edit(person, title="B")
        else:
            world.dynamics.edit("lead", row, jobtitle="B")
    return world, world.cycle()["cycle_id"], pairs


def test_an_undo_that_crashes_anywhere_is_finished_by_another_one() -> None:
    world, cycle_id, _ = undoing()
    steps = Steps(due=0)
    undo(watched(world.engine, steps), cycle_id, dry_run=False)
    assert steps.taken > 20
    for due in range(1, steps.taken + 1, 3):
        world, cycle_id, pairs = undoing()
        with pytest.raises(Crash):
            undo(watched(world.engine, Steps(due)), cycle_id, dry_run=False)
        world.clock.advance(3600)
        if due % 2:
            world.cycle()
        undo(world.engine, cycle_id, dry_run=False)
        assert {titles(world, *pair) for pair in pairs} == {("A", "A")}, due
        assert quiet(world), due
