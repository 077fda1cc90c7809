"""The quarantine of the day in a few numbers."""

from __future__ import annotations

from datetime import timedelta

from leadsync.review.picture import daily_picture, told
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import StateChanges
from support.state_rows import NOON, failure, quarantined

HOUR = timedelta(hours=1)


def test_what_came_and_went_is_counted_and_the_top_cause_told() -> None:
    old = NOON - 30 * HOUR
    store = MemoryStateStore()
    items = [
        quarantined(1, first_seen=old, last_seen=old),
        quarantined(2, first_seen=old, last_seen=NOON - HOUR),
        quarantined(3, last_seen=NOON - HOUR, first_seen=NOON - HOUR, status="recovered"),
        quarantined(4, failures=[failure(field="", rule="0x1", source="server")]),
    ]
    store.apply(StateChanges(quarantine=items), lease=None)
    picture = daily_picture(store, NOON)
    assert picture == {
        "new_24h": 2,
        "ended_24h": 1,
        "refused_by_server": 1,
        "top_cause": "2 x to marketo, lead: email format",
    }
    sentence = told(picture, 3)
    assert sentence.startswith("3 rows wait; 2 new and 1 ended in 24 hours; 1 refused by a server")
    assert "missing-rules" in sentence


def test_an_empty_quarantine_is_told_in_half_a_sentence() -> None:
    picture = daily_picture(MemoryStateStore(), NOON)
    assert told(picture, 0) == "0 rows wait; 0 new and 0 ended in 24 hours"
