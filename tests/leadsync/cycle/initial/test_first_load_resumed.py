"""A first load that dies anywhere goes on, and what users do meanwhile is not lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from leadsync.cycle.decide.breaker import FEW_FAILURES, BreakerError
from leadsync.cycle.initial.extract_persons import extract_persons
from leadsync.cycle.initial.extract_rows import extract_rows
from leadsync.cycle.initial.finish_load import finish_load
from leadsync.cycle.initial.first_load import FirstLoad
from leadsync.cycle.initial.open_load import open_load, windows_of
from leadsync.cycle.initial.partition import load_partition
from leadsync.cycle.initial.partitions import divide
from leadsync.cycle.initial.runner import run_load
from leadsync.errors import (
    QuotaSpentError,
    RejectedError,
    StaleLoadError,
    StateError,
    ThrottledError,
)
from leadsync.model import TABLES, Json
from leadsync.state.load_progress import FIRST_LOAD, progress_of
from support.crashing import Crash, Steps, watched
from support.first_loads import PARTITIONS, initial, open_links, person, request, row, total
from support.world import World, world

__all__ = ["world"]

#: durable steps from one crash to the next: all of them take too long.
STRIDE = 13


def populated() -> World:
    """A world with everybody that a first load can meet."""
    made = World()
    for number in range(9):
        person(made, number, title="M", unsubscribed=number == 2)
    for number in range(4, 13):
        row(made, number, ("lead", "contact")[number % 2], jobtitle="D")
    person(made, 20)
    person(made, 20)
    row(made, 20)
    row(made, 21, lastname=None)
    row(made, 22, new_synctomkto=False)
    row(made, 7, "contact", jobtitle="D")
    return made


def outcome(made: World) -> Json:
    """What a load comes to, without the ids that it makes."""
    people = made.marketo.people.values()
    return {
        "people": sorted((p["email"], str(p["title"]), p["unsubscribed"]) for p in people),
        "rows": {
            table: sorted((r["emailaddress1"], str(r["jobtitle"])) for r in rows.values())
            for table, rows in made.dynamics.rows.items()
            if table in TABLES
        },
        "links": sorted(row_id for _, row_id in open_links(made)),
        "held": sorted(i["failures"][0]["rule"] for i in made.quarantined()),
    }


def opened(made: World) -> FirstLoad:
    """An open load of which everything is read."""
    load = open_load(made.engine, request())
    for window in windows_of(load):
        extract_persons(made.engine, load, window)
    for table in TABLES:
        extract_rows(made.engine, load, table)
    return load


@pytest.fixture(scope="module")
def undisturbed() -> Json:
    made = populated()
    initial(made)
    made.cycle()
    return outcome(made)


def in_partition(made: World, load: FirstLoad) -> None:
    load_partition(made.engine, load, 1)


def crash_at(made: World, due: int, run: Callable[[World], object]) -> bool:
    """Run until the durable step ``due``; tell whether there was one."""
    engine = made.engine
    made._engine = watched(engine, Steps(due))
    try:
        run(made)
    except Crash:
        return True
    finally:
        made._engine = engine
    return False


@pytest.mark.parametrize("begin", [3, 7])
def test_s007_a_run_that_died_anywhere_is_gone_on_with_by_the_next(
    undisturbed: Json, begin: int
) -> None:
    due = begin
    while True:
        made = populated()
        if not crash_at(made, due, initial):
            break
        initial(made)
        made.cycle()
        assert outcome(made) == undisturbed, f"died at step {due}"
        due += STRIDE
    assert due > 10 * STRIDE


def test_a_cleared_partition_goes_on_where_it_died(undisturbed: Json) -> None:
    for due in range(2, 60, STRIDE // 2):
        made = populated()
        load = opened(made)
        crash_at(made, due, partial(in_partition, load=load))
        jobs = len(made.marketo.exports.jobs)
        run_load(made.engine, load)
        assert len(made.marketo.exports.jobs) == jobs
        made.cycle()
        assert outcome(made) == undisturbed, f"died at step {due}"


def test_a_partition_that_is_done_is_not_repeated(world: World) -> None:
    for number in range(9):
        row(world, number)
    load = opened(world)
    first = load_partition(world.engine, load, 0)
    world.marketo.writes.clear()
    assert load_partition(world.engine, load, 0) == first
    assert world.marketo.writes == []


def test_the_store_tells_how_far_a_load_is_until_it_has_ended(world: World) -> None:
    for number in range(9):
        row(world, number)
        person(world, number + 4)
    assert progress_of(world.store.cursors()) is None
    load = open_load(world.engine, request())
    begun = progress_of(world.store.cursors())
    assert begun is not None
    assert (begun.sources_read, begun.partitions) == (0, None)
    load = opened(world)
    divide(world.engine, load)
    world.clock.advance(60)
    report = load_partition(world.engine, load, 1)
    progress = progress_of(world.store.cursors())
    assert progress is not None
    assert progress.sources_read == progress.sources
    assert (progress.partitions, progress.partitions_done) == (PARTITIONS, 1)
    assert (progress.records_read, progress.records_done) == (18, report["read"])
    assert progress.ends_at is not None
    assert progress.ends_at > world.clock.now()
    run_load(world.engine, load)
    assert [name for name in world.store.cursors() if name.startswith(FIRST_LOAD)] == []


def test_what_a_dry_run_has_read_counts_as_read_by_the_load_after_it(world: World) -> None:
    person(world, 1)
    row(world, 2)
    initial(world, dry_run=True)
    assert progress_of(world.store.cursors()) is None
    opened(world)
    progress = progress_of(world.store.cursors())
    assert progress is not None
    assert (progress.sources_read, progress.records_read) == (progress.sources, 2)


def test_marks_of_a_load_that_was_given_up_go_with_the_next(world: World) -> None:
    row(world, 1)
    load = opened(world)
    load_partition(world.engine, load, 0)
    initial(world, partitions=2)
    assert [name for name in world.store.cursors() if name.startswith(FIRST_LOAD)] == []


# ---------------------------------------------------------------- the circuit breaker


def test_s124_the_breaker_counts_what_failed_in_all_partitions(world: World) -> None:
    for number in range(FEW_FAILURES + 10):
        row(world, number, lastname="x" * 300)
    [foreseen] = initial(world, dry_run=True)["stops"]
    load = opened(world)
    with pytest.raises(BreakerError, match="nothing was written of this partition") as stopped:
        run_load(world.engine, load)
    done = load.cursors.done(world.store.cursors())
    assert 0 < len(done) < PARTITIONS  # each has fewer failures than would stop a cycle
    earlier = sum(one.judged["rules marketo"].failed for one in done.values())
    assert 0 < earlier < FEW_FAILURES
    failed = int(stopped.value.message.split(" of ")[0])
    assert failed >= FEW_FAILURES > failed - earlier
    assert len(world.quarantined()) == earlier
    assert foreseen == (
        f"partition {len(done) + 1} of {PARTITIONS}: {failed} of {failed} rows for Marketo would "
        f"have failed, more than breaker_share (50%) allows"
    )


def test_good_partitions_go_on_after_failures_in_others(world: World) -> None:
    for number in range(60):
        row(world, number, lastname="x" * 300 if number < FEW_FAILURES + 1 else "Ek")
    assert initial(world, dry_run=True)["stops"] == []
    report = run_load(world.engine, opened(world))
    assert total(report, "to_marketo", "quarantined") == FEW_FAILURES + 1


def test_the_load_does_not_end_before_all_partitions_are_done(world: World) -> None:
    load = opened(world)
    load_partition(world.engine, load, 0)
    with pytest.raises(StateError, match=f"{PARTITIONS - 1} partitions"):
        finish_load(world.engine, load)


def test_ending_twice_is_ending_once(world: World) -> None:
    person(world, 1)
    load = opened(world)
    report = run_load(world.engine, load)
    assert finish_load(world.engine, load) == report
    assert world.store.current_lease("cycle") is None


# ---------------------------------------------------------------- users meanwhile


def test_what_users_change_during_the_load_arrives_by_the_next_cycle(world: World) -> None:
    people = [person(world, n, title="A", phone="1") for n in range(4)]
    rows = [row(world, n, jobtitle="A", telephone1="1") for n in range(4)]
    load = opened(world)
    world.marketo.edit(people[0], title="B")
    world.dynamics.edit("lead", rows[1], telephone1="2")
    world.marketo.edit(people[2], title="B")
    world.dynamics.edit("lead", rows[2], telephone1="2")
    run_load(world.engine, load)
    for _ in range(2):
        world.cycle()
    for number, (title, phone) in enumerate([("B", "1"), ("A", "2"), ("B", "2"), ("A", "1")]):
        one, other = world.marketo.people[people[number]], world.dynamics.rows["lead"][rows[number]]
        assert (one["title"], one["phone"]) == (title, phone), number
        assert (other["jobtitle"], other["telephone1"]) == (title, phone), number


def test_a_person_made_during_the_load_is_linked_and_not_made_again(world: World) -> None:
    made = row(world, 1)
    load = opened(world)
    late = person(world, 1)
    run_load(world.engine, load)
    assert open_links(world) == {(late, made)}
    assert len(world.marketo.people) == 1


def test_records_deleted_during_the_load_end_as_deleted(world: World) -> None:
    gone, kept = person(world, 1), person(world, 2)
    row(world, 1)
    deleted = row(world, 2)
    load = opened(world)
    world.marketo.delete(gone)
    world.dynamics.delete("lead", deleted)
    run_load(world.engine, load)
    for _ in range(2):
        world.cycle()
    assert world.marketo.people[kept]["leadsyncDynamicsDeleted"] is True
    assert open_links(world) == {
        (int(world.person_of(r)["id"]), r) for r in world.dynamics.rows["lead"]
    }


def test_a_load_is_stale_once_an_ordinary_cycle_has_gone_past_it(world: World) -> None:
    row(world, 1)
    load = opened(world)
    lease, _ = world.store.current_lease("cycle") or (None, "")
    assert lease is not None
    world.store.release_lease(lease)
    world.cycle()
    with pytest.raises(StaleLoadError):
        load_partition(world.engine, load, 0)
    again = initial(world)
    assert total(again, "to_marketo", "unchanged") == 1
    assert world.writes == 0


# ---------------------------------------------------------------- ids across partitions


@pytest.mark.parametrize("number", range(6))
def test_a_stored_id_leads_to_a_person_of_another_partition(world: World, number: int) -> None:
    """Whatever the addresses: the row's own id, or the person's, beats them."""
    named, carrying = person(world, number), row(world, number + 10)
    world.marketo.edit(named, leadsyncDynamicsId=carrying)
    other = person(world, number + 20)
    naming = row(world, number + 30, new_marketoid=other)
    initial(world, partitions=16)
    assert open_links(world) == {(named, carrying), (other, naming)}


@pytest.mark.parametrize("number", range(6))
def test_a_person_that_a_row_elsewhere_names_is_not_given_away_by_address(
    world: World, number: int
) -> None:
    found = person(world, number)
    row(world, number)
    naming = row(world, number + 10, "contact", new_marketoid=found)
    initial(world, partitions=16)
    assert open_links(world) == {(found, naming)}
    assert [item["failures"][0]["rule"] for item in world.quarantined()] == ["already_linked"]


def test_an_id_of_a_row_that_is_gone_means_nothing(world: World) -> None:
    found = person(world, 1, leadsyncDynamicsId="10000000-0000-4000-8000-00000000dead")
    made = row(world, 1)
    initial(world)
    assert open_links(world) == {(found, made)}


# ---------------------------------------------------------------- exports that fail


def test_a_failed_export_is_made_anew_by_the_next_try(world: World) -> None:
    person(world, 1)
    world.marketo.exports.ends = ["failed"]
    with pytest.raises(RejectedError, match="is failed"):
        initial(world)
    assert initial(world)["read"]["persons"] == 1
    assert len(world.marketo.exports.jobs) == 2


def test_an_export_that_expired_is_made_anew(world: World) -> None:
    person(world, 1)
    load = open_load(world.engine, request())
    (window,) = windows_of(load)
    exports = world.marketo.exports
    exports.lost.add("job-1")
    with pytest.raises(ThrottledError, match="not there"):
        extract_persons(world.engine, load, window)
    assert extract_persons(world.engine, load, window)["persons"] == 1
    assert list(exports.jobs) == ["job-1", "job-2"]
    exports.jobs.clear()
    assert extract_persons(world.engine, load, window)["persons"] == 1  # it is staged


def test_f17_a_spent_quota_keeps_the_windows_that_are_read(world: World) -> None:
    person(world, 1)
    world.clock.advance(70 * 86400)
    row(world, 1)
    world.marketo.exports.left = 2
    with pytest.raises(QuotaSpentError):
        initial(world)
    assert world.store.current_lease("cycle") is None
    world.marketo.exports.left = 500
    initial(world)
    assert len(world.marketo.exports.jobs) == 3
    assert len(open_links(world)) == 1


def test_another_request_begins_anew_and_removes_what_was_staged(world: World) -> None:
    person(world, 1)
    load = opened(world)
    open_load(world.engine, request(partitions=2))
    assert load.load_id not in world.staging.cycles()
    assert len(world.staging.cycles()) == 1


def test_a_load_of_last_week_begins_anew(world: World) -> None:
    person(world, 1)
    load = opened(world)
    world.clock.advance(7 * 86400)
    assert open_load(world.engine, request()).load_id != load.load_id


def test_tasks_of_one_run_share_its_lease(world: World) -> None:
    load = opened(world)
    token = world.store.current_lease("cycle")
    load_partition(world.engine, replace(load), 1)
    load_partition(world.engine, replace(load), 0)
    current = world.store.current_lease("cycle")
    assert token is not None
    assert current is not None
    assert current[0].token == token[0].token
