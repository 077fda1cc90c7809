"""A new row waits for ``settle_seconds`` before it becomes a person (semantics.md 8.G)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_cycle
from leadsync.model import Json
from support.mapped import remap
from support.simulated import ManualClock
from support.synced import Synced


def cycle_in(synced: Synced, seconds: float) -> Json:
    """Run the cycle that runs ``seconds`` from now."""
    then = datetime.now(UTC) + timedelta(seconds=seconds)
    engine = replace(synced.engine, clock=ManualClock(then))
    return run_cycle(engine, CycleRequest(kind="manual", window_to=then))


@pytest.mark.parametrize(("flag", "people"), [(False, 0), (True, 1), (None, 1)])
def test_s088_a_new_lead_is_judged_by_what_it_holds_when_it_has_settled(
    synced: Synced, flag: bool | None, people: int
) -> None:
    remap(synced, policies={"settle_seconds": 60})
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com", new_synctomkto=True)
    report = cycle_in(synced, 1)
    assert report["counts"]["to_marketo"]["lead"]["deferred"] == 1
    synced.edit_row(row, new_synctomkto=flag)
    cycle_in(synced, 30)
    assert synced.people() == []
    cycle_in(synced, 61)
    assert len(synced.people()) == people
    assert synced.engine.store.deferred() == []


def test_s088_without_the_policy_nobody_waits(synced: Synced) -> None:
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    synced.cycle()
    assert synced.person_of(row)["lastName"] == "Ek"
