"""Erasing an address: in what order, what a crash leaves, what a refusal says (S081)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from leadsync.clock import Clock
from leadsync.cycle.consent.marks import address_hash
from leadsync.erasure import Eraser
from leadsync.errors import ConfigurationError, LeaseHeldError, RejectedError
from leadsync.marketo.remove import DeleteResult
from leadsync.model import Json, RecordError, RowResult
from leadsync.state.turn import CYCLE_LEASE
from support.world import World, world

__all__ = ["world"]

ADDRESS = "ann@x.com"


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Systems:
    """What the erasure asks of both systems, on the world in memory.

    :param calls: deletions that succeed before the process dies.
    """

    world: World
    calls: int = 99
    refuse: bool = False

    def persons(self, filter_type: str, values: Sequence[str], fields: Sequence[str]) -> list[Json]:
        return self.world.marketo.persons(filter_type, values, fields)

    def rows_by_email(self, table: str, emails: Sequence[str], select: Sequence[str]) -> list[Json]:
        return self.world.dynamics.rows_by_email(table, emails, select)

    def delete_persons(self, person_ids: Sequence[int]) -> list[DeleteResult]:
        self._step()
        return [self._delete_person(person) for person in person_ids]

    def _delete_person(self, person: int) -> DeleteResult:
        if person not in self.world.marketo.people:
            return DeleteResult(person, False, (RecordError("1004", "Lead not found"),))
        self.world.marketo.delete(person)
        return DeleteResult(person, True)

    def delete(self, table: str, row_id: str, etag: str | None = None) -> RowResult:
        self._step()
        if self.refuse:
            return RowResult("rejected", None, RecordError("0x1", "an open case keeps it"))
        if row_id not in self.world.dynamics.rows[table]:
            return RowResult("missing")
        self.world.dynamics.delete(table, row_id)
        return RowResult("written")

    def _step(self) -> None:
        self.calls -= 1
        if self.calls < 0:
            raise Crash


def eraser(world: World, systems: Systems | None = None) -> Eraser:
    asked = systems or Systems(world)
    clock: Clock = world.clock
    return Eraser(world.store, world.staging, asked, asked, clock)


def left(world: World) -> dict[str, Any]:
    return {
        "people": len(world.marketo.people),
        "rows": sum(len(rows) for rows in world.dynamics.rows.values()),
        "links": len(list(world.store.live_links("lead"))),
        "journal": len(world.store.journal()),
        "staged": world.staging.cycles(),
    }


NOTHING = {"people": 0, "rows": 0, "links": 0, "journal": 0, "staged": []}


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_an_erasure_that_died_is_finished_by_the_next_one(world: World, calls: int) -> None:
    world.linked(emailaddress1=ADDRESS)
    with pytest.raises(Crash) if calls < 2 else pytest.MonkeyPatch.context():
        eraser(world, Systems(world, calls)).erase(ADDRESS)
    assert world.store.marks("erased", [address_hash(ADDRESS)])
    eraser(world).erase(ADDRESS)
    assert left(world) == NOTHING
    world.cycle()
    assert left(world)["people"] == 0


def test_the_counterpart_goes_though_its_address_differs(world: World) -> None:
    person, _ = world.linked(emailaddress1=ADDRESS)
    world.marketo.edit(person, email="foo@@bar")
    world.cycle()
    eraser(world).erase(ADDRESS)
    assert left(world) == NOTHING
    assert world.quarantined() == []


def test_others_keep_everything(world: World) -> None:
    world.linked(emailaddress1=ADDRESS)
    other, row = world.linked(emailaddress1="jo" + ADDRESS)
    world.marketo.edit(other, title="CTO")
    world.cycle()
    eraser(world).erase(ADDRESS)
    assert list(world.marketo.people) == [other]
    assert world.store.journal(marketo_ids=[other])
    world.dynamics.edit("lead", row, address1_city="Lund")
    world.cycle()
    assert world.marketo.people[other]["city"] == "Lund"


def test_a_refused_deletion_says_which_record_and_forgets_nothing(world: World) -> None:
    _, row = world.linked(emailaddress1=ADDRESS)
    with pytest.raises(RejectedError, match=f"lead {row}.*open case.*again"):
        eraser(world, Systems(world, refuse=True)).erase(ADDRESS)
    assert left(world)["links"] == 1


def test_an_entry_that_is_being_sent_does_not_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ = world.linked(emailaddress1=ADDRESS)
    world.marketo.edit(person, firstName="x" * 60)
    real = world.marketo.add_activities

    def erased_meanwhile(activities: Any) -> Any:
        eraser(world).erase(ADDRESS)
        return real(activities)

    monkeypatch.setattr(world.marketo, "add_activities", erased_meanwhile)
    report = world.cycle()
    assert report["activities"]["waiting"] == 0
    assert world.store.activities() == []


def test_it_waits_for_a_cycle_and_gives_up_in_the_end(world: World) -> None:
    world.store.acquire_lease(CYCLE_LEASE, "a cycle", world.clock.now(), 3_600)
    with pytest.raises(LeaseHeldError):
        eraser(world).erase(ADDRESS)


@pytest.mark.parametrize("address", ["", "  ", "ann"])
def test_what_is_no_address_is_refused(world: World, address: str) -> None:
    with pytest.raises(ConfigurationError, match="no e-mail address"):
        eraser(world).erase(address)
