"""The circuit breaker in cycles of two systems in memory (S124)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.decide.breaker import FEW_FAILURES, BreakerError
from leadsync.cycle.decide.guards import MassDeleteError
from leadsync.cycle.request.on_request import person_request, store_requests
from support.world import MAPPING, World, world

__all__ = ["world"]


def new_rows(world: World, number: int, **values: Any) -> list[str]:
    """``number`` new leads with these values."""
    return [
        world.dynamics.add("lead", lastname="Ek", emailaddress1=f"{n}@example.com", **values)
        for n in range(number)
    ]


def test_s124_10_000_failures_are_one_error_and_no_write(world: World) -> None:
    for n in range(10_000):
        world.dynamics.add("lead", lastname="Ek", emailaddress1=f"no address {n}")
    world.dynamics.add("lead", lastname="Ek", emailaddress1="a@example.com")
    with pytest.raises(BreakerError) as stopped:
        world.cycle()
    assert "10000 of 10001 rows for Marketo failed" in stopped.value.message
    assert "10000 x email format" in stopped.value.message
    assert world.writes == 0
    assert world.quarantined() == []
    for row in list(world.dynamics.rows["lead"])[100:10_000]:
        world.dynamics.edit("lead", row, new_synctomkto=False)
    for row in list(world.dynamics.rows["lead"])[:100]:
        world.dynamics.edit("lead", row, emailaddress1=f"{row[-5:]}@example.com")
    report = world.cycle()
    assert report["counts"]["to_marketo"]["lead"]["created"] == 101


def test_a_cycle_that_stopped_is_stored_as_failed_with_its_reason(world: World) -> None:
    new_rows(world, FEW_FAILURES, address1_city="x" * 300)
    with pytest.raises(BreakerError):
        world.cycle()
    [stopped] = world.store.cycles(limit=1)
    assert stopped.status == "failed"
    assert "20 of 20 rows for Marketo failed" in (stopped.error or "")
    assert world.store.current_lease("cycle") is None


def test_few_failures_are_quarantined_whatever_their_share(world: World) -> None:
    new_rows(world, FEW_FAILURES - 1, address1_city="x" * 300)
    report = world.cycle()
    assert report["counts"]["to_marketo"]["lead"]["quarantined"] == FEW_FAILURES - 1


def test_persons_that_somebody_asks_for_are_answered_one_by_one(world: World) -> None:
    people = [world.marketo.add(email=f"{n}@example.com") for n in range(FEW_FAILURES)]
    requests = [person_request(world.engine, "sync_person", person) for person in people]
    store_requests(world.engine, requests)
    world.cycle()
    assert len(world.quarantined()) == FEW_FAILURES
    assert {request["status"] for request in world.store.requests()} == {"failed"}


def test_a_share_of_one_switches_the_breaker_off(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"breaker_share": 1}}
    new_rows(world, FEW_FAILURES, address1_city="x" * 300)
    report = world.cycle()
    assert report["counts"]["to_marketo"]["lead"]["quarantined"] == FEW_FAILURES


def test_a_plan_shows_what_would_stop_a_cycle(world: World) -> None:
    new_rows(world, FEW_FAILURES, address1_city="x" * 300)
    assert len(world.plan()["quarantine"]) == FEW_FAILURES


def test_what_was_in_quarantine_before_does_not_trip_it_again(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"breaker_share": 1}}
    new_rows(world, FEW_FAILURES, address1_city="x" * 300)
    world.cycle()
    world.mapping = {**MAPPING, "policies": {"breaker_share": 0.1}}
    report = world.cycle()
    assert report["counts"]["to_marketo"]["lead"]["quarantined"] == FEW_FAILURES


def test_refusals_by_the_server_stop_the_writing_and_keep_what_was_written(world: World) -> None:
    rows = new_rows(world, 700)
    world.marketo.refuse = lambda record: record["leadsyncDynamicsId"] not in rows[:150]
    with pytest.raises(BreakerError, match="150 of 300 rows for Marketo failed") as stopped:
        world.mapping = {**MAPPING, "policies": {"breaker_share": 0.4}}
        world.cycle()
    assert "150 x 1003 Refused" in stopped.value.message
    assert len(world.marketo.writes) == 300
    assert len(world.marketo.people) == 150
    world.marketo.refuse = lambda record: False
    report = world.cycle()
    assert report["counts"]["to_marketo"]["lead"]["created"] == 550
    assert len(world.marketo.people) == 700
    assert world.quarantined() == []


def test_refusals_by_dynamics_stop_the_writing_too(world: World) -> None:
    new_rows(world, FEW_FAILURES)
    world.cycle()
    world.cycle()
    for person in world.marketo.people:
        world.marketo.edit(person, title="CTO")
    world.dynamics.refuse = lambda write: True
    with pytest.raises(BreakerError, match="20 of 20 rows for Dynamics failed"):
        world.cycle()
    world.dynamics.refuse = lambda write: False
    world.cycle()
    assert {row["jobtitle"] for row in world.dynamics.rows["lead"].values()} == {"CTO"}


def linked_leads(world: World, number: int) -> list[int]:
    """Persons of ``number`` new leads."""
    rows = new_rows(world, number)
    world.cycle()
    world.cycle()
    return [int(world.person_of(row)["id"]) for row in rows]


def test_a_number_of_failures_stops_the_cycle_whatever_their_share(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"breaker_count": 25}}
    rows = new_rows(world, 100)
    for row in rows[:26]:
        world.dynamics.edit("lead", row, address1_city="x" * 300)
    with pytest.raises(
        BreakerError, match=r"26 of 100 rows .* than breaker_count \(25\)"
    ) as stopped:
        world.cycle()
    assert "raise breaker_count" in stopped.value.remedy
    assert world.writes == 0
    world.dynamics.edit("lead", rows[0], address1_city="Lund")
    world.cycle()
    assert len(world.marketo.people) == 75


def test_batches_in_a_row_that_are_refused_whole_stop_the_writing(world: World) -> None:
    people = linked_leads(world, 200)
    world.dynamics.batch_size = 10
    for person in people:
        world.marketo.edit(person, title="CTO")
    allowed = 170
    world.dynamics.refuse = lambda write: len(world.dynamics.writes) > allowed
    with pytest.raises(BreakerError, match=r"30 of 200 rows .* than breaker_batches \(3\)"):
        world.cycle()
    world.dynamics.refuse = lambda write: False
    world.cycle()
    assert {row["jobtitle"] for row in world.dynamics.rows["lead"].values()} == {"CTO"}


def test_small_batches_that_are_refused_one_by_one_are_quarantined(world: World) -> None:
    people = linked_leads(world, 40)
    world.dynamics.batch_size = 1
    for person in people:
        world.marketo.edit(person, title="CTO")
    world.dynamics.refuse = lambda write: len(world.dynamics.writes) % 10 < 4
    world.cycle()
    assert len(world.quarantined()) == 16


def test_a_number_of_deletions_stops_the_cycle_whatever_their_share(world: World) -> None:
    world.mapping = {**MAPPING, "policies": {"mass_delete_count": 4}}
    linked_leads(world, 100)
    for row in list(world.dynamics.rows["lead"])[:5]:
        world.dynamics.delete("lead", row)
    with pytest.raises(MassDeleteError, match=r"5 of 100 .* than mass_delete_count \(4\)"):
        world.cycle()
    assert world.writes == 0
    world.mapping = {**MAPPING, "policies": {"mass_delete_count": 5}}
    world.cycle()
    assert sum(bool(p["leadsyncDynamicsDeleted"]) for p in world.marketo.people.values()) == 5
