"""What stores forget by age: the same in memory, SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leadsync.errors import LeaseLostError
from leadsync.state.port import CycleRecord, Keep, StateChanges, StateStore
from support.state_rows import NOON, activity, intent, journal, quarantined, request

OLD, NEW = NOON - timedelta(days=2), NOON
DAY_AGO = NOON - timedelta(days=1)
KEEP = Keep(DAY_AGO, DAY_AGO, DAY_AGO, DAY_AGO, "20260130")


def cycle(cycle_id: str, opened_at: datetime, status: str = "done") -> StateChanges:
    record = CycleRecord(cycle_id, "scheduled", status, None, opened_at, opened_at)  # type: ignore[arg-type]
    return StateChanges(cycle=record)


def fill(store: StateStore) -> None:
    old, new = "20260129T120000-a", "20260131T120000-b"
    rows = StateChanges(
        journal=[journal(n, at=at) for n, at in ((1, OLD), (2, OLD), (3, NEW))],
        intents=[
            intent(1, cycle_id=old, status="done"),
            intent(2, cycle_id=old),
            intent(3, cycle_id=new, status="done"),
        ],
        requests=[
            request(1, status="done", updated_at=OLD),
            request(2, updated_at=OLD),
            request(3, status="failed", updated_at=NEW),
        ],
        quarantine=[
            quarantined(1, record_key="a", status="recovered", last_seen=OLD),
            quarantined(2, record_key="b", status="retried", last_seen=OLD),
            quarantined(3, record_key="c", status="discarded", last_seen=NEW),
        ],
        activities=[
            activity(1, status="sent", created_at=OLD),
            activity(2, status="sent", created_at=OLD),
            activity(4, status="sent", created_at=NEW),
            activity(5, created_at=OLD),
        ],
    )
    store.apply(rows, lease=None)
    store.apply(cycle(old, OLD), lease=None)
    store.apply(cycle("20260129T120000-open", OLD, "open"), lease=None)
    store.apply(cycle(new, NEW), lease=None)


def test_what_is_old_and_done_with_goes(store: StateStore) -> None:
    fill(store)
    assert store.forget(KEEP, 100, lease=None) == {
        "journal": 2,
        "intent": 1,
        "request": 1,
        "cycle": 1,
        "quarantine": 1,
        "person_activity": 1,
    }
    assert [row["marketo_id"] for row in store.journal()] == [3]
    assert [row["intent_id"] for row in store.unconfirmed_pairs()] == ["intent-2"]
    assert [row["request_id"] for row in store.requests()] == ["request-2", "request-3"]
    assert {row["id"] for row in store.quarantine()} == {"item-2", "item-3"}
    assert {row["item_id"] for row in store.activities()} == {"item-2", "item-4", "item-5"}
    assert len(store.cycles()) == 2
    assert set(store.forget(KEEP, 100, lease=None).values()) == {0}


def test_no_more_goes_at_a_time_than_is_asked_for(store: StateStore) -> None:
    fill(store)
    assert store.forget(KEEP, 1, lease=None)["journal"] == 1
    assert store.forget(KEEP, 1, lease=None)["journal"] == 1
    assert len(store.journal()) == 1


def test_who_has_lost_the_lease_forgets_nothing(store: StateStore) -> None:
    fill(store)
    lost = store.acquire_lease("cycle", "a", NOON, 1)
    store.acquire_lease("cycle", "b", NOON + timedelta(seconds=5), 60)
    with pytest.raises(LeaseLostError):
        store.forget(KEEP, 100, lease=lost)
    assert len(store.journal()) == 3
