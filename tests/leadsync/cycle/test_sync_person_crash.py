"""Whatever gets lost while a person becomes a row, one row is there in the end (S026, S027)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.request.on_request import answer_now, person_request, store_requests
from leadsync.errors import TransientApiError
from leadsync.model import RowResult, RowWrite
from leadsync.state.port import StateChanges
from support.crashing import Crash, Steps, watched
from support.world import World, world

__all__ = ["world"]

LONGER_THAN_A_LEASE = 1000


def asked(world: World, **values: Any) -> int:
    """A person that somebody asks for, in a cycle that nobody disturbs yet."""
    return world.marketo.add(**{"lastName": "Ek", "email": "a@x.com", "title": "CTO", **values})


def judge(world: World, person: int) -> None:
    """One row, linked, stamped and answered; nothing left to do."""
    rows = list(world.dynamics.rows["lead"].values())
    assert [row["new_marketoid"] for row in rows] == [person]
    assert rows[0]["jobtitle"] == "CTO"
    told = world.marketo.people[person]
    assert told["leadsyncDynamicsId"] == rows[0]["leadid"]
    assert told["leadsyncDynamicsCreatedAt"] == rows[0]["createdon"]
    assert [link["marketo_id"] for link in world.store.live_links("lead")] == [person]
    assert world.store.requests(waiting=True) == []
    assert world.store.deferred() == []
    assert len(world.marketo.people) == 1
    world.cycle()
    assert world.writes == 0


def test_s027_there_is_one_row_wherever_the_cycle_crashes() -> None:
    """Every durable step in turn; a scheduled cycle takes up what the dead one left."""
    due = 0
    while True:
        due += 1
        world = World()
        person = asked(world)
        world.cycle()
        request = person_request(world.engine, "sync_person", person)
        store_requests(world.engine, [request])
        try:
            answer_now(watched(world.engine, Steps(due)), [request], 0)
        except Crash:
            world.clock.advance(LONGER_THAN_A_LEASE)
            for _ in range(3):
                world.cycle()
            judge(world, person)
            continue
        assert due > 20
        return


@pytest.mark.parametrize("done", [True, False])
def test_f18_a_create_whose_answer_is_lost_is_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    person = asked(world)
    world.cycle()
    sent: list[str] = []
    write = world.dynamics.write_rows

    def lose(writes: list[RowWrite]) -> list[RowResult]:
        sent.extend(one.row_id for one in writes)
        if done:
            write(writes)
        raise TransientApiError("lost", system="dynamics", call="$batch")

    with monkeypatch.context() as patch, pytest.raises(TransientApiError):
        patch.setattr(world.dynamics, "write_rows", lose)
        world.sync_person(person)
    world.cycle()
    assert list(world.dynamics.rows["lead"]) == sent
    world.cycle()
    judge(world, person)


def test_s027_the_same_id_is_asked_for_until_dynamics_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = asked(world)
    ids: list[str] = []

    def busy(writes: list[RowWrite]) -> list[RowResult]:
        ids.extend(write.row_id for write in writes)
        return [RowResult("conflict") for _ in writes]

    with monkeypatch.context() as patch:
        patch.setattr(world.dynamics, "write_rows", busy)
        assert world.sync_person(person)[0]["status"] == "waiting"
        world.cycle()
    world.cycle()
    ids.extend(row for row in world.dynamics.rows["lead"])
    assert len(ids) == 3
    assert len(set(ids)) == 1
    judge(world, person)


def test_a_refused_stamp_is_made_up_for(world: World) -> None:
    person = asked(world)
    world.marketo.refuse = lambda record: "leadsyncDynamicsId" in record
    assert world.sync_person(person)[0]["outcome"] == "created"
    world.marketo.refuse = lambda record: False
    world.cycle()
    judge(world, person)


def test_s026_a_request_that_finds_a_cycle_running_waits_for_it(world: World) -> None:
    person = asked(world)
    lease = world.store.acquire_lease("cycle", "another", world.clock.now(), 3600)
    request = person_request(world.engine, "sync_person", person)
    answered = answer_now(world.engine, [request], 30)
    assert answered.report is None
    assert answered.waits
    world.store.release_lease(lease)
    world.cycle()
    judge(world, person)


def test_a_stamp_that_is_refused_after_a_crash_comes_when_it_is_released(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = asked(world)

    def die(*_: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(world.marketo, "sync_persons", die)
        world.sync_person(person)
    world.clock.advance(LONGER_THAN_A_LEASE)
    world.marketo.refuse = lambda record: "leadsyncDynamicsId" in record
    world.cycle()
    world.marketo.refuse = lambda record: False
    items = world.store.quarantine(statuses=("open",))
    for item in items:
        item["status"] = "released"
    world.store.apply(StateChanges(quarantine=items), lease=None)
    world.cycle()
    world.cycle()
    judge(world, person)
