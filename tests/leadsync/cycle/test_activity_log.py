"""What failed and what recovered is told in the person's activity log, once (semantics.md 7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from leadsync.cycle.activity_log.queue import DOUBT, KEPT_FOR, LONGEST_PAUSE, MOST_TRIES
from leadsync.cycle.activity_log.send import MOST_CALLS
from leadsync.errors import (
    ApiError,
    NotSentError,
    PermissionDeniedError,
    QuotaSpentError,
    TransientApiError,
)
from leadsync.model import (
    MARKETO_SYNC_FAILED,
    MARKETO_SYNC_RECOVERED,
    Activity,
    ActivityType,
    NewActivity,
)
from leadsync.state.port import ActivityRow
from support.crashing import Crash, Steps, watched
from support.world import World, world

__all__ = ["world"]

TOO_LONG = "x" * 60


def failing(world: World, **values: Any) -> int:
    """A linked person whose change is held; the cycle has not run yet."""
    person, _ = world.linked()
    world.marketo.edit(person, **(values or {"firstName": TOO_LONG}))
    return person


def failed(world: World) -> list[Activity]:
    return world.marketo.told(MARKETO_SYNC_FAILED)


def recovered(world: World) -> list[Activity]:
    return world.marketo.told(MARKETO_SYNC_RECOVERED)


def unsent(world: World) -> list[ActivityRow]:
    return world.store.activities(unsent=True)


def breaking(
    world: World, error: ApiError | type[BaseException], *, added: bool
) -> Callable[[], None]:
    """Let calls that add activities fail; returns a function that mends them."""
    real = world.marketo.add_activities

    def add(activities: list[NewActivity]) -> Any:
        if added:
            real(activities)
        raise error

    world.marketo.add_activities = add  # type: ignore[method-assign, assignment]

    def mend() -> None:
        world.marketo.add_activities = real  # type: ignore[method-assign]

    return mend


def lost() -> TransientApiError:
    return TransientApiError("lost", system="marketo", call="POST")


def test_a_failure_says_field_rule_message_and_operation(world: World) -> None:
    person = failing(world)
    report = world.cycle()
    [activity] = failed(world)
    [item] = world.quarantined()
    assert activity.person_id == person
    assert str(activity.attributes["primaryAttributeValue"]).startswith(item["id"])
    assert {**activity.attributes, "primaryAttributeValue": ""} == {
        "primaryAttributeValue": "",
        "field": "firstname",
        "rule": item["failures"][0]["rule"],
        "message": "too long: firstname 60/50",
        "operation": "update",
        "direction": "to_dynamics",
        "cycle": report["cycle_id"],
    }
    assert report["activities"] == {"sent": 1, "refused": 0, "waiting": 0}
    stored = world.store.cycle(report["cycle_id"])
    assert stored is not None
    assert stored.report == report


def test_each_distinct_failure_is_told_once_and_not_once_per_cycle(world: World) -> None:
    person = failing(world)
    for city in ("Lund", "Malmö", "Kalmar"):
        world.cycle()
        world.marketo.edit(person, city=city)
    world.cycle()
    assert len(failed(world)) == 1
    world.marketo.edit(person, email="foo@@bar")
    world.cycle()
    assert [a.attributes["field"] for a in failed(world)] == ["firstname", "emailaddress1"]
    world.marketo.edit(person, email="p1@example.com")
    world.cycle()
    assert len(failed(world)) == 2
    assert recovered(world) == []


def test_the_value_itself_is_not_told(world: World) -> None:
    failing(world, email="foo@@bar", phone="1" * 90)
    world.cycle()
    told = {a.attributes["field"]: a.attributes["message"] for a in failed(world)}
    assert "foo" not in told["emailaddress1"]
    assert told["emailaddress1"].endswith('"…"')
    assert told["telephone1"] == "too long: telephone1 90/80"


def test_a_recovery_is_told_once_with_the_fields_that_had_failed(world: World) -> None:
    person = failing(world)
    world.cycle()
    world.marketo.edit(person, firstName="Eva")
    report = world.cycle()
    world.cycle()
    [activity] = recovered(world)
    assert activity.person_id == person
    assert activity.attributes["field"] == "firstname"
    assert activity.attributes["cycle"] == report["cycle_id"]


def test_what_fails_again_after_a_recovery_is_told_again(world: World) -> None:
    person = failing(world)
    world.cycle()
    world.marketo.edit(person, firstName="Eva")
    world.cycle()
    world.marketo.edit(person, firstName=TOO_LONG)
    world.cycle()
    assert len(failed(world)) == 2
    assert len(recovered(world)) == 1


def test_what_leaves_the_filter_has_not_recovered(world: World) -> None:
    person, row = world.linked()
    world.marketo.edit(person, firstName=TOO_LONG)
    world.cycle()
    world.dynamics.edit("lead", row, new_synctomkto=False)
    world.marketo.edit(person, firstName="Eva")
    world.cycle()
    assert world.quarantined() == []
    assert recovered(world) == []


def test_a_row_without_a_person_has_nowhere_to_tell(world: World) -> None:
    world.dynamics.add("lead", lastname="Ek", emailaddress1="no address")
    world.cycle()
    assert len(world.quarantined()) == 1
    assert world.store.activities() == []


def test_a_person_that_cannot_become_a_row_is_told(world: World) -> None:
    person = world.marketo.add(email="a@example.com")
    world.cycle()
    world.sync_person(person)
    [activity] = failed(world)
    assert (activity.person_id, activity.attributes["operation"]) == (person, "create")
    world.marketo.edit(person, lastName="Ek")
    world.cycle()
    assert [a.person_id for a in recovered(world)] == [person]


def test_a_dry_run_tells_nothing(world: World) -> None:
    failing(world)
    world.plan()
    assert world.store.activities() == []
    assert failed(world) == []


def test_what_the_server_refuses_is_one_failure_whatever_ids_its_message_has(
    world: World,
) -> None:
    person, _ = world.linked()
    world.dynamics.refuse = lambda write: True
    for title in ("A", "B", "C"):
        world.marketo.edit(person, title=title)
        world.cycle()
    [activity] = failed(world)
    assert activity.attributes["rule"] == "0x80040203"


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    "error",
    [
        NotSentError("down", system="marketo", call="POST"),
        QuotaSpentError("spent", system="marketo", call="POST", code="607"),
        PermissionDeniedError("no Read-Write Activity", system="marketo", call="POST"),
    ],
)
def test_the_cycle_succeeds_and_the_entry_is_sent_later(world: World, error: ApiError) -> None:
    failing(world)
    mend = breaking(world, error, added=False)
    report = world.cycle()
    assert report["activities"]["waiting"] == 1
    assert error.detail in report["activities"]["reason"]
    mend()
    assert world.cycle()["activities"] == {"sent": 1, "refused": 0, "waiting": 0}
    assert len(failed(world)) == 1


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("error", [lost(), Crash])
def test_after_a_lost_answer_the_log_is_read_before_anything_is_sent_again(
    world: World, error: Any, added: bool
) -> None:
    person = failing(world)
    mend = breaking(world, error, added=added)
    if isinstance(error, ApiError):
        world.cycle()
    else:
        with pytest.raises(Crash):
            world.cycle()
    mend()
    world.marketo.edit(person, firstName="Eva")
    world.cycle()
    assert (len(failed(world)), len(recovered(world))) == (int(added), 0)
    world.clock.advance(DOUBT)
    world.cycle()
    assert (len(failed(world)), len(recovered(world))) == (1, 1)
    assert unsent(world) == []


@pytest.mark.parametrize(
    "types",
    [(), (ActivityType(100_001, MARKETO_SYNC_FAILED, "draft"), *World().marketo.types[1:])],
)
def test_missing_or_unapproved_types_let_entries_wait_and_name_the_remedy(
    world: World, types: tuple[ActivityType, ...]
) -> None:
    approved = world.marketo.types
    world.marketo.types = types
    failing(world)
    report = world.cycle()
    assert report["activities"]["waiting"] == 1
    assert "leadsync doctor --provision" in report["activities"]["reason"]
    world.marketo.types = approved
    world.clock.advance(LONGEST_PAUSE)
    world.cycle()
    assert len(failed(world)) == 1


def test_types_made_anew_get_new_ids_and_the_entry_arrives(world: World) -> None:
    person = failing(world)
    world.cycle()
    world.marketo.types = tuple(
        ActivityType(one.type_id + 10, one.api_name, "approved") for one in world.marketo.types
    )
    world.marketo.edit(person, email="foo@@bar")
    assert world.cycle()["activities"]["waiting"] == 1
    world.clock.advance(LONGEST_PAUSE)
    world.cycle()
    assert [a.attributes["field"] for a in failed(world)] == ["emailaddress1"]


def test_a_person_that_is_gone_ends_the_entry_with_its_reason(world: World) -> None:
    person = failing(world)
    mend = breaking(world, NotSentError("down", system="marketo", call="POST"), added=False)
    world.cycle()
    mend()
    world.marketo.delete(person)
    world.clock.advance(LONGEST_PAUSE)
    report = world.cycle()
    assert report["activities"] == {"sent": 0, "refused": 1, "waiting": 0}
    [row] = world.store.activities()
    assert (row["status"], row["error"]) == ("refused", "1004 Lead not found")


def test_tries_are_bounded(world: World) -> None:
    failing(world)
    real = world.marketo._add_activity
    world.marketo._add_activity = lambda new: real(  # type: ignore[method-assign]
        NewActivity(new.person_id, 1, new.at, new.primary_value)
    )
    for _ in range(MOST_TRIES):
        assert [row["status"] for row in world.store.activities()] in ([], ["waiting"])
        world.cycle()
        world.clock.advance(LONGEST_PAUSE)
    [row] = world.store.activities()
    assert (row["status"], row["error"]) == ("refused", "1003 not an approved type")


def test_pauses_grow_so_that_an_outage_costs_few_calls(world: World) -> None:
    failing(world)
    calls = []

    def down(activities: list[NewActivity]) -> Any:
        calls.append(world.clock.now())
        raise NotSentError("down", system="marketo", call="POST")

    world.marketo.add_activities = down  # type: ignore[method-assign, assignment]
    for _ in range(120):
        world.cycle()
    pauses = [(b - a).total_seconds() for a, b in pairwise(calls)]
    assert pauses[:5] == [60, 120, 240, 480, 900]
    assert set(pauses[5:]) == {900}


def test_an_entry_that_waited_for_too_long_is_given_up(world: World) -> None:
    approved, world.marketo.types = world.marketo.types, ()
    failing(world)
    world.cycle()
    world.clock.advance((KEPT_FOR + timedelta(days=1)).total_seconds())
    world.marketo.types = approved
    world.cycle()
    [row] = world.store.activities()
    assert row["status"] == "refused"
    assert "14 days" in (row["error"] or "")
    assert failed(world) == []


def test_records_go_first_when_the_quota_is_nearly_spent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(world)
    monkeypatch.setattr(type(world.engine.ledger), "used_today", lambda self, system: 0.95)
    report = world.cycle()
    assert "records go first" in report["activities"]["reason"]
    assert failed(world) == []
    monkeypatch.undo()
    world.cycle()
    assert len(failed(world)) == 1


def test_a_cycle_makes_few_calls_and_the_next_one_goes_on(world: World) -> None:
    world.marketo.batch_size = 3
    people = [world.linked()[0] for _ in range(3 * MOST_CALLS + 1)]
    for person in people:
        world.marketo.edit(person, firstName=TOO_LONG)
    assert world.cycle()["activities"] == {"sent": 3 * MOST_CALLS, "refused": 0, "waiting": 1}
    assert world.cycle()["activities"] == {"sent": 1, "refused": 0, "waiting": 0}
    assert sorted(a.person_id for a in failed(world)) == sorted(people)


def test_one_sender_at_a_time(world: World) -> None:
    failing(world)
    world.clock.advance(60)
    lease = world.store.acquire_lease("activity_log", "other", world.clock.now(), 3600)
    report = world.cycle()
    assert report["activities"]["reason"] == "another cycle is sending them"
    world.store.release_lease(lease)
    world.cycle()
    assert len(failed(world)) == 1


def test_a_crash_at_any_step_tells_each_failure_once() -> None:
    steps, due = 1, 0
    while due < steps:
        due += 1
        world = World()
        person = failing(world)
        world.cycle()
        world.marketo.edit(person, firstName="Eva", email="foo@@bar")
        counted = Steps(due)
        try:
            crashing_cycle(world, counted)
            steps = counted.taken
        except Crash:
            steps = max(steps, due + 1)
        world.clock.advance(3600)
        world.cycle()
        world.marketo.edit(person, email="p@example.com")
        for _ in range(2):
            world.clock.advance(3600)
            world.cycle()
        told = [a.attributes["field"] for a in failed(world)]
        assert told == ["firstname", "emailaddress1"], f"step {due}"
        assert len(recovered(world)) == 1, f"step {due}"
        assert unsent(world) == []


def crashing_cycle(world: World, steps: Steps) -> None:
    engine = world.engine
    world._engine = watched(engine, steps)
    try:
        world.cycle()
    finally:
        world._engine = engine
