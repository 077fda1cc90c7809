"""Deciding about quarantined rows beside running cycles."""

from __future__ import annotations

import pytest

from leadsync.errors import ConfigurationError, LeaseHeldError
from leadsync.review.decide import decide_items
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import StateChanges
from leadsync.state.turn import CYCLE_LEASE, PATIENCE
from support.simulated import ManualClock
from support.state_rows import quarantined


def held() -> MemoryStateStore:
    store = MemoryStateStore()
    items = [quarantined(n, record_key=f"to_dynamics:{n}") for n in (1, 2)]
    store.apply(StateChanges(quarantine=items), lease=None)
    return store


def statuses(store: MemoryStateStore) -> dict[str, str]:
    return {item["id"]: item["status"] for item in store.quarantine()}


def test_named_items_are_released() -> None:
    store = held()
    rows = decide_items(store, ManualClock(), ["item-1"], "released", "test")
    assert [row["status"] for row in rows] == ["released"]
    assert statuses(store) == {"item-1": "released", "item-2": "open"}
    assert store.current_lease(CYCLE_LEASE) is None


def test_all_waiting_items_are_discarded_but_no_others() -> None:
    store = held()
    recovered = quarantined(3, record_key="to_dynamics:3", status="recovered")
    store.apply(StateChanges(quarantine=[recovered]), lease=None)
    decide_items(store, ManualClock(), None, "discarded", "test")
    assert statuses(store) == {
        "item-1": "discarded",
        "item-2": "discarded",
        "item-3": "recovered",
    }


def test_an_unknown_id_changes_nothing() -> None:
    store = held()
    with pytest.raises(ConfigurationError, match="No quarantine item waits under item-9"):
        decide_items(store, ManualClock(), ["item-1", "item-9"], "released", "test")
    assert set(statuses(store).values()) == {"open"}
    assert store.current_lease(CYCLE_LEASE) is None


def test_a_cycle_under_way_is_waited_for_but_not_for_ever() -> None:
    store, clock = held(), ManualClock()
    began = clock.now()
    store.acquire_lease(CYCLE_LEASE, "run-1", began, 3600)
    with pytest.raises(LeaseHeldError, match="run-1"):
        decide_items(store, clock, None, "released", "test")
    assert clock.now() - began >= PATIENCE
    assert set(statuses(store).values()) == {"open"}
