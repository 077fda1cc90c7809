"""Released rows that are tried at once: what each becomes, and what a crash leaves."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle.context import Engine
from leadsync.cycle.request.on_request import answer_stored
from leadsync.errors import TransientApiError
from leadsync.review.retry import Retry
from support.crashing import Crash, Steps, watched
from support.world import World, world

__all__ = ["world"]

TOO_LONG = "x" * 60


def refused(world: World) -> tuple[int, str, str]:
    """A person whose change Dynamics has refused: both ids, and the item's."""
    person, row = world.linked()
    world.dynamics.refuse = lambda _write: True
    world.marketo.edit(person, title="CIO")
    world.cycle()
    world.dynamics.refuse = lambda _write: False
    (item,) = world.quarantined()
    return person, row, item["id"]


def retry(engine: Engine, ids: list[str], run: str = "run") -> None:
    requests = Retry(engine, run, "Åsa").release(ids)
    answer_stored(engine, [request["request_id"] for request in requests], 0)


def statuses(world: World) -> dict[str, str]:
    return {item["id"]: item["status"] for item in world.store.quarantine()}


def titles(world: World) -> list[Any]:
    return [row["jobtitle"] for row in world.dynamics.rows["lead"].values()]


def test_a_change_that_was_refused_goes_out_at_once(world: World) -> None:
    _, _, item = refused(world)
    cursors = world.store.cursors()
    retry(world.engine, [item])
    assert titles(world) == ["CIO"]
    assert statuses(world) == {item: "recovered"}
    assert world.store.cursors() == cursors


def test_a_row_that_could_not_become_a_person_does(world: World) -> None:
    row = world.dynamics.add("lead", lastname="Ek", emailaddress1="a@x.com")
    world.marketo.refuse = lambda _record: True
    world.cycle()
    world.marketo.refuse = lambda _record: False
    (item,) = world.quarantined()
    retry(world.engine, [item["id"]])
    assert world.person_of(row)["email"] == "a@x.com"
    assert statuses(world) == {item["id"]: "recovered"}


def test_a_person_that_could_not_become_a_row_does(world: World) -> None:
    person = world.marketo.add(lastName="Ek", email="a@x.com")
    world.dynamics.refuse = lambda _write: True
    world.sync_person(person, sync_as="contact")
    world.dynamics.refuse = lambda _write: False
    (item,) = world.quarantined()
    retry(world.engine, [item["id"]])
    assert [row["lastname"] for row in world.dynamics.rows["contact"].values()] == ["Ek"]
    assert statuses(world) == {item["id"]: "recovered"}


def test_what_fails_again_is_open_and_others_are_left_alone(world: World) -> None:
    people = [world.linked()[0] for _ in range(2)]
    for person in people:
        world.marketo.edit(person, title=TOO_LONG)
    world.cycle()
    tried, left = [item["id"] for item in world.quarantined()]
    retry(world.engine, [tried])
    attempts = {item["id"]: item["attempts"] for item in world.quarantined()}
    assert attempts == {tried: 2, left: 1}


def test_the_same_run_does_not_try_twice(world: World) -> None:
    person, _ = world.linked()
    world.marketo.edit(person, title=TOO_LONG)
    world.cycle()
    (item,) = world.quarantined()
    for _ in range(2):
        retry(world.engine, [item["id"]])
    assert world.quarantined()[0]["attempts"] == 2
    retry(world.engine, [item["id"]], "another run")
    assert world.quarantined()[0]["attempts"] == 3


def test_items_that_ended_meanwhile_are_left_as_they_are(world: World) -> None:
    person, _, item = refused(world)
    world.marketo.edit(person, title="CTO")
    world.cycle()
    retry(world.engine, [item])
    assert statuses(world) == {item: "recovered"}
    assert [e["kind"] for e in world.store.quarantine_events([item])] == ["opened", "recovered"]


def test_a_system_that_is_away_leaves_the_release_to_the_next_cycle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise TransientApiError("no answer", system="dynamics", call="POST $batch")

    _, _, item = refused(world)
    with monkeypatch.context() as broken:
        broken.setattr(world.dynamics, "write_rows", away)
        with pytest.raises(TransientApiError):
            retry(world.engine, [item])
    assert statuses(world) == {item: "released"}
    assert world.store.current_lease("cycle") is None
    world.cycle()
    assert (titles(world), statuses(world)) == (["CIO"], {item: "recovered"})
    assert world.store.requests(waiting=True) == []


def test_f11_wherever_a_retry_crashes_the_next_cycle_finishes_it() -> None:
    world = World()
    refused(world)
    steps = Steps(due=0)
    retry(watched(world.engine, steps), [world.quarantined()[0]["id"]])
    assert steps.taken > 20
    for due in range(1, steps.taken + 1, 3):
        world = World()
        _, _, item = refused(world)
        with pytest.raises(Crash):
            retry(watched(world.engine, Steps(due)), [item])
        world.clock.advance(3600)
        world.cycle()
        if statuses(world)[item] == "open":  # the release itself was not stored
            retry(world.engine, [item])
        world.cycle()
        assert titles(world) == ["CIO"], f"crash at step {due} of {steps.taken}"
        assert statuses(world) == {item: "recovered"}, f"crash at step {due} of {steps.taken}"
        assert world.store.requests(waiting=True) == []
        assert world.store.deferred() == []
