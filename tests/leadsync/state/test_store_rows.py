"""Intents, journal, quarantine, carried records, activities, cursors, cycles and schemas."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from leadsync.errors import StateError
from leadsync.state.item_filter import ItemFilter
from leadsync.state.port import CycleRecord, StateChanges, StateStore
from leadsync.state.store import SqlStateStore
from leadsync.values.marks import ABSENT, invalid
from support.state_rows import (
    NOON,
    activity,
    deferred,
    intent,
    journal,
    quarantined,
    row_id,
)

MINUTE = timedelta(minutes=1)


def keep(store: StateStore, **parts: object) -> None:
    store.apply(StateChanges(**parts), lease=None)  # type: ignore[arg-type]


def test_intents_are_upserted_and_listed_by_cycle_and_side(store: StateStore) -> None:
    keep(store, intents=[intent(1), intent(2), intent(3, side="marketo"), intent(4, cycle_id="c2")])
    keep(store, intents=[intent(2, status="done")])
    assert store.intents("c1", "dynamics") == {"intent-1": "pending", "intent-2": "done"}


def test_unconfirmed_pairs_of_any_cycle_are_found_by_row(store: StateStore) -> None:
    kept = [intent(1), intent(2, cycle_id="c0"), intent(5, operation="link")]
    others = [intent(3, operation="update"), intent(4, status="done")]
    keep(store, intents=[*kept, *others])
    assert store.unconfirmed_pairs([row_id(n) for n in range(1, 6)]) == kept


def test_unconfirmed_creates_are_found_by_person_oldest_first(store: StateStore) -> None:
    late, early = intent(1, updated_at=NOON + MINUTE), intent(2, marketo_id=1, cycle_id="c0")
    others = [intent(3), intent(4, marketo_id=1, status="done")]
    mine = intent(5, marketo_id=1, side="marketo")
    keep(store, intents=[late, early, mine, *others])
    assert store.unconfirmed_creates([1, 9]) == [early, late]


def test_unanswered_updates_are_found_by_person_or_row(store: StateStore) -> None:
    late = intent(1, operation="update", updated_at=NOON + MINUTE)
    moved = intent(2, operation="move", status="deferred")
    others = [intent(3, operation="update"), intent(4, operation="update", status="done")]
    keep(store, intents=[late, moved, intent(5), *others])
    assert store.unanswered_updates([1, 4, 5], [row_id(2), row_id(4)]) == [moved, late]
    assert store.unanswered_updates([3]) == others[:1]
    assert store.unanswered_updates([]) == []


def test_pending_updates_of_persons_in_marketo_are_found(store: StateStore) -> None:
    kept = [intent(1, side="marketo", operation="update"), intent(2, side="marketo", operation="x")]
    others = [
        intent(3, side="marketo"),
        intent(4, operation="update"),
        intent(5, side="marketo", operation="update", status="done"),
    ]
    keep(store, intents=[*kept, *others])
    assert store.pending_updates(range(1, 6)) == kept
    assert store.pending_updates([9]) == []


def test_journal_is_told_from_a_time_on(store: StateStore) -> None:
    late, early = journal(1, at=NOON + MINUTE), journal(1, at=NOON)
    keep(store, journal=[early, late])
    assert store.journal(marketo_ids=[1], since=NOON + MINUTE) == [late]


def test_journal_is_told_in_order_of_time(store: StateStore) -> None:
    late, early = journal(1, at=NOON + MINUTE), journal(1, at=NOON, field="city")
    keep(store, journal=[late, early, journal(2)])
    assert store.journal(marketo_ids=[1]) == [early, late]


def test_journal_keeps_the_order_of_equal_times(store: StateStore) -> None:
    rows = [journal(1, field=f"f{number}") for number in range(300)]
    keep(store, journal=rows)
    assert store.journal(marketo_ids=[1]) == rows


def test_journal_is_found_by_person_or_row_within_a_cycle(store: StateStore) -> None:
    rows = [journal(1), journal(2), journal(3), journal(1, cycle_id="c2")]
    keep(store, journal=rows)
    assert store.journal(marketo_ids=[1], dynamics_ids=[row_id(2)], cycle_id="c1") == rows[:2]
    assert store.journal(cycle_id="c2") == rows[3:]
    assert store.journal() == rows


@pytest.mark.parametrize("many", [1, 200])
def test_journal_holds_marks_and_any_text(store: StateStore, many: int) -> None:
    texts = [None, "", ABSENT, invalid("a\\tb"), "a\tb\r\nc\\N \\. \u2028 😀"]
    rows = [journal(1, base=text, marketo=text, dynamics=None) for text in texts * many]
    keep(store, journal=rows)
    assert store.journal(marketo_ids=[1]) == rows


@pytest.mark.parametrize("many", [1, 200])
def test_half_characters_do_not_stop_a_cycle(sql_store: SqlStateStore, many: int) -> None:
    keep(sql_store, journal=[journal(1, dynamics="a\ud800é")] * many)
    assert {row["dynamics"] for row in sql_store.journal()} == {"a?é"}


def test_quarantine_is_listed_newest_first_and_filtered(store: StateStore) -> None:
    old = quarantined(1)
    new = quarantined(2, last_seen=NOON + MINUTE, direction="to_dynamics")
    done = quarantined(3, status="recovered", dynamics_table="contact")
    keep(store, quarantine=[old, new, done])
    assert store.quarantine() == [new, old, done]
    assert store.quarantine(statuses=["open"], where=ItemFilter(direction="to_marketo")) == [old]
    assert store.quarantine(where=ItemFilter(table="contact")) == [done]
    assert store.quarantine(ids=["item-1", "item-3"]) == [old, done]
    assert store.quarantine(ids=[]) == []
    assert store.quarantine(limit=1) == [new]
    assert store.counts()["quarantine_open"] == 2


def test_a_record_waits_in_one_item_only(store: StateStore) -> None:
    keep(store, quarantine=[quarantined(1, status="released")])
    with pytest.raises(StateError, match=r"two waiting quarantine items, item-1 and item-2"):
        keep(store, quarantine=[quarantined(2, record_key=quarantined(1)["record_key"])])
    replaced = quarantined(1, status="superseded")
    keep(store, quarantine=[quarantined(2, record_key=replaced["record_key"]), replaced])
    assert [item["status"] for item in store.quarantine()] == ["superseded", "open"]


def test_activities_come_in_the_order_in_which_they_are_to_be_sent(store: StateStore) -> None:
    late = activity(1, created_at=NOON + timedelta(minutes=1))
    doubtful = activity(3, status="sending", tried_at=NOON, error="no answer")
    done = activity(2, key="item-2:recovered", kind="recovered", status="sent")
    keep(store, activities=[late, activity(2), doubtful, done])
    assert store.activities(unsent=True) == [activity(2), doubtful, late]
    assert store.activities(unsent=True, limit=1) == [activity(2)]
    assert store.activities(item_ids=["item-2", "nobody"]) == [activity(2), done]
    assert store.counts()["activities_waiting"] == 3
    keep(store, activities=[{**doubtful, "status": "sent"}])
    assert store.counts()["activities_waiting"] == 2
    assert store.erase([2], [])["person_activity"] == 2


def test_carried_records_are_cleared_before_others_are_stored(store: StateStore) -> None:
    keep(store, deferred=[deferred(1), deferred(2)])
    again = deferred(2, times=2)
    keep(store, deferred_cleared=[deferred(1)["record_key"], again["record_key"]], deferred=[again])
    assert store.deferred() == [again]
    assert store.counts()["deferred"] == 1


def test_activities_are_known_until_they_are_pruned(store: StateStore) -> None:
    keep(store, seen_activities={"a": NOON, "b": NOON + MINUTE})
    keep(store, seen_activities={"c": NOON + MINUTE}, seen_before=NOON + MINUTE)
    assert store.known_activities(["a", "b", "c", "d"]) == {"b", "c"}


def test_cursors_move_by_name(store: StateStore) -> None:
    keep(store, cursors={"marketo": "t1", "lead": "d1"})
    keep(store, cursors={"lead": "d2"})
    assert store.cursors() == {"marketo": "t1", "lead": "d2"}


def test_cursors_are_dropped_by_name_before_others_are_set(store: StateStore) -> None:
    keep(store, cursors={"a": "1", "b": "1", "a.b": "1", "A": "1"})
    keep(store, cursors_dropped=["a", "b", "never there"], cursors={"b": "2"})
    assert store.cursors() == {"b": "2", "a.b": "1", "A": "1"}


def test_a_refused_transaction_drops_no_cursor(store: StateStore) -> None:
    lease = store.acquire_lease("cycle", "one", NOON, 30)
    store.acquire_lease("cycle", "other", NOON + MINUTE, 30)
    keep(store, cursors={"a": "1"})
    with pytest.raises(StateError):
        store.apply(StateChanges(cursors_dropped=["a"]), lease=lease)
    assert store.cursors() == {"a": "1"}


def test_more_cursors_are_dropped_than_one_statement_takes(store: StateStore) -> None:
    names = [f"first_load.load.{number}" for number in range(1_001)]
    keep(store, cursors=dict.fromkeys([*names, "kept"], "1"))
    keep(store, cursors_dropped=names)
    assert store.cursors() == {"kept": "1"}


def test_cycles_are_replaced_and_listed_newest_first(store: StateStore) -> None:
    first = CycleRecord("c1", "scheduled", "open", None, NOON, NOON)
    second = replace(first, cycle_id="c2", opened_at=NOON + MINUTE, run_id="manual__1")
    closed = replace(
        first, status="done", window_from=NOON, closed_at=NOON, report={"calls": {"marketo": 3}}
    )
    for cycle in (first, second, closed):
        keep(store, cycle=cycle)
    assert store.cycle("c1") == closed
    assert store.cycle("c9") is None
    assert store.cycles() == [second, closed]
    assert store.cycles(limit=1) == [second]
    assert store.cycles(status="open") == [second]
    assert store.cycles(status="failed") == []


def test_schema_is_kept_with_its_age(store: StateStore) -> None:
    store.cache_schema("lead", {"columns": [1]}, NOON)
    store.cache_schema("lead", {"columns": []}, NOON + MINUTE)
    assert store.cached_schema("lead") == (NOON + MINUTE, {"columns": []})
    assert store.cached_schema("contact") is None
    assert store.schemas_read() == {"lead": NOON + MINUTE}


def test_instants_of_any_zone_are_the_same_instant_in_utc(store: StateStore) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    keep(store, journal=[journal(1, at=elsewhere)])
    at = store.journal()[0]["at"]
    assert at == NOON
    assert at.utcoffset() is not None


def test_nothing_to_store_is_fine(store: StateStore) -> None:
    store.apply(StateChanges(), lease=None)
    assert store.cycles() == []
