"""The first load between both systems in memory: who is linked, made, held, and what it costs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from leadsync.errors import LeaseHeldError
from leadsync.model import MARKETO_SYNC_FAILED
from support.first_loads import initial, open_links, person, row, total
from support.world import World, world

__all__ = ["world"]


def test_f19_what_exists_on_both_sides_is_linked_and_not_duplicated(world: World) -> None:
    people = {person(world, n): row(world, n, ("lead", "contact")[n % 2]) for n in range(20)}
    report = initial(world)
    assert open_links(world) == set(people.items())
    assert len(world.marketo.people) == 20
    assert sum(len(world.dynamics.rows[table]) for table in ("lead", "contact")) == 20
    assert total(report, "to_marketo", "updated") == 20
    assert report["read"] == {"persons": 20, "lead": 10, "contact": 10}


def test_a_person_without_a_row_stays_in_marketo_alone(world: World) -> None:
    person(world, 1)
    report = initial(world)
    assert world.dynamics.writes == []
    assert total(report, "to_dynamics", "out_of_scope") == 1


def test_a_row_without_a_person_becomes_one(world: World) -> None:
    made = row(world, 1, jobtitle="CTO")
    report = initial(world)
    assert world.person_of(made)["title"] == "CTO"
    assert total(report, "to_marketo", "created") == 1


def test_s049_without_a_base_the_type_rule_decides_every_field(world: World) -> None:
    ids = [person(world, n, title="M") for n in (1, 2)]
    lead, contact = row(world, 1, jobtitle="D"), row(world, 2, "contact", jobtitle="D")
    initial(world)
    assert world.dynamics.rows["lead"][lead]["jobtitle"] == "M"
    assert world.marketo.people[ids[1]]["title"] == "D"
    assert world.dynamics.rows["contact"][contact]["jobtitle"] == "D"
    found = {
        (r["marketo_id"], r["winner"]) for r in world.store.journal() if r["kind"] == "no_base"
    }
    assert found == {(ids[0], "marketo"), (ids[1], "dynamics")}


def test_several_persons_with_the_address_are_held_as_ambiguous(world: World) -> None:
    first = person(world, 1)
    second = world.marketo.add(lastName="Ek", email=" P1@Example.com")
    row(world, 1)
    report = initial(world)
    (item,) = world.quarantined()
    assert item["failures"][0]["rule"] == "ambiguous_match"
    assert item["failures"][0]["limit"] == f"{first}, {second}"
    assert total(report, "to_marketo", "quarantined") == 1
    assert total(report, "to_dynamics", "out_of_scope") == 2


def test_s023_a_contact_beats_a_lead_with_the_same_address(world: World) -> None:
    found = person(world, 1)
    row(world, 1)
    contact = row(world, 1, "contact")
    initial(world)
    assert open_links(world) == {(found, contact)}
    assert [item["failures"][0]["rule"] for item in world.quarantined()] == ["already_linked"]


def test_a_row_that_must_not_be_synchronised_is_left_alone(world: World) -> None:
    row(world, 1, new_synctomkto=False)
    row(world, 2, statecode=1)
    report = initial(world)
    assert world.marketo.people == {}
    assert total(report, "to_marketo", "out_of_scope") == 2


def test_s108_an_opt_out_reaches_everybody_with_the_address(world: World) -> None:
    linked, alone = person(world, 1), person(world, 1)
    world.marketo.edit(alone, email="p2@example.com")
    other = person(world, 2)
    row(world, 1, donotbulkemail=True)
    held = row(world, 2, donotbulkemail=True)
    initial(world)
    people = world.marketo.people
    assert [people[p]["unsubscribed"] for p in (linked, alone, other)] == [True] * 3
    assert held not in {row_id for _, row_id in open_links(world)}


def test_running_it_again_changes_nothing(world: World) -> None:
    for number in range(8):
        person(world, number)
        row(world, number + 4)
    initial(world)
    links, cursors = open_links(world), world.store.cursors()
    report = initial(world)
    assert world.writes == 0
    assert open_links(world) == links
    assert world.store.cursors() == cursors
    assert total(report, "to_marketo", "unchanged") == 8
    assert total(report, "to_dynamics", "unchanged") == 8


def test_the_first_ordinary_cycle_goes_on_from_there(world: World) -> None:
    ids = [person(world, n) for n in range(6)]
    rows = [row(world, n) for n in range(6)]
    initial(world)
    report = world.cycle()
    assert total(report, "to_marketo", "extracted") == 0  # nothing is read in full again
    assert world.writes == 0
    world.marketo.edit(ids[0], title="CTO")
    world.dynamics.edit("lead", rows[1], jobtitle="CIO")
    world.cycle()
    assert world.dynamics.rows["lead"][rows[0]]["jobtitle"] == "CTO"
    assert world.marketo.people[ids[1]]["title"] == "CIO"


def test_every_count_adds_up_to_what_was_read(world: World) -> None:
    for number in range(30):
        if number % 3:
            person(world, number)
        if number % 4:
            row(
                world,
                number,
                ("lead", "contact")[number % 2],
                lastname=None if number == 5 else "Ek",
            )
    report = initial(world)
    read = report["read"]
    assert total(report, "to_dynamics", "extracted") == read["persons"] == 20
    assert total(report, "to_marketo", "extracted") == read["lead"] + read["contact"] == 22
    states = ("applied", "unchanged", "quarantined", "out_of_scope", "deferred")
    for direction in ("to_marketo", "to_dynamics"):
        parts = sum(total(report, direction, state) for state in states)
        assert parts == total(report, direction, "extracted")


def test_s010_a_dry_run_writes_nothing_and_foresees_the_run(world: World) -> None:
    for number in range(12):
        person(world, number, title="M")
        row(world, number + 4, ("lead", "contact")[number % 2], jobtitle="D")
    foreseen = initial(world, dry_run=True)
    assert world.writes == 0
    assert world.store.cycles() == []
    assert world.store.cursors() == {}
    jobs = len(world.marketo.exports.jobs)
    report = initial(world)
    assert foreseen["counts"] == report["counts"]
    assert foreseen["read"] == report["read"]
    assert len(world.marketo.exports.jobs) == jobs  # what the dry run has read is not read again
    assert foreseen["operations"]["to_marketo lead create"] == 2
    assert foreseen["collisions"] == {"title": 8}
    kinds = Counter(sample["change"] for sample in foreseen["samples"])
    assert kinds["to_marketo lead link"] == 3
    assert "M" not in str(foreseen["samples"])
    assert foreseen["estimate"]["marketo"]["calls"] > 0


def test_a_person_whose_row_is_held_is_told_and_the_load_ends(world: World) -> None:
    held = person(world, 1, firstName="x" * 60)
    row(world, 1)
    report = initial(world)
    assert total(report, "to_dynamics", "quarantined") == 1
    assert [told.person_id for told in world.marketo.told(MARKETO_SYNC_FAILED)] == [held]
    assert report["activities"]["sent"] == 1
    assert report["degraded"] == []
    assert world.store.current_lease("cycle") is None


def test_no_other_cycle_runs_meanwhile(world: World) -> None:
    world.store.acquire_lease("cycle", "other", world.clock.now(), 3600)
    with pytest.raises(LeaseHeldError):
        initial(world)
    assert world.store.cycles() == []


def test_windows_cover_the_time_since_the_oldest_person(world: World) -> None:
    person(world, 1)
    world.clock.advance(100 * 86400)
    person(world, 2)
    initial(world, since=None)
    spans = [filters["createdAt"] for filters, _ in world.marketo.exports.asked.values()]
    assert len(spans) == 4
    assert spans[0]["startAt"] == world.marketo.people[1001]["createdAt"]
    assert all(
        datetime.fromisoformat(later["startAt"]) - datetime.fromisoformat(earlier["endAt"])
        == timedelta(seconds=1)
        for earlier, later in pairwise(spans)
    )


def test_where_to_begin_can_be_given(world: World) -> None:
    initial(world, since=world.clock.now().astimezone(UTC) - timedelta(days=1))
    assert len(world.marketo.exports.jobs) == 1
