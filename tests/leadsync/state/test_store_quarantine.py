"""Finding, grouping and telling of quarantine items, on every kind of store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadsync.errors import StateError
from leadsync.state.item_filter import Cause, ItemFilter
from leadsync.state.port import StateChanges, StateStore
from support.state_rows import NOON, failure, item_event, quarantined, row_id

MINUTE = timedelta(minutes=1)
LONG = failure(
    field="firstname", rule="max_length", limit="50", message="too long: firstname 60/50"
)
REFUSED = failure(field="", rule="0x80040265", source="server", message="A plug-in says No.")


@pytest.fixture
def held(store: StateStore) -> StateStore:
    """Three items: an address, a name and an address, a refusal of the server."""
    items = [
        quarantined(1),
        quarantined(2, last_seen=NOON + MINUTE, failures=[failure(), LONG]),
        quarantined(
            3, direction="to_dynamics", dynamics_table="contact", status="retried",
            failures=[REFUSED], last_seen=NOON - MINUTE, first_seen=NOON - MINUTE,
        ),
    ]  # fmt: skip
    store.apply(StateChanges(quarantine=items), lease=None)
    return store


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (ItemFilter(), [2, 1, 3]),
        (ItemFilter(direction="to_dynamics"), [3]),
        (ItemFilter(table="lead"), [2, 1]),
        (ItemFilter(field="firstname"), [2]),
        (ItemFilter(rule="format"), [2, 1]),
        (ItemFilter(rule="forma"), []),
        (ItemFilter(field="firstname", rule="format"), []),
        (ItemFilter(field="firstname", rule="max_length", source="validation"), [2]),
        (ItemFilter(source="server"), [3]),
        (ItemFilter(person=2), [2]),
        (ItemFilter(row=row_id(3)), [3]),
        (ItemFilter(text="TOO LONG"), [2]),
        (ItemFilter(text="%"), []),
        (ItemFilter(since=NOON), [2, 1]),
        (ItemFilter(since=NOON + MINUTE, table="lead", text="address"), [2]),
    ],
)
def test_items_are_found_by_what_they_are(
    held: StateStore, where: ItemFilter, found: list[int]
) -> None:
    assert [item["id"] for item in held.quarantine(where=where)] == [f"item-{n}" for n in found]


def test_the_limit_counts_what_is_found(held: StateStore) -> None:
    where = ItemFilter(rule="format")
    assert [item["id"] for item in held.quarantine(where=where, limit=1)] == ["item-2"]


def test_causes_count_items_and_name_the_newest(held: StateStore) -> None:
    first, second, third = held.quarantine_causes()
    address = ("to_marketo", "lead", "email", "format", "validation")
    assert first == Cause(*address, 2, None, NOON, NOON + MINUTE, "item-2")
    server = ("to_dynamics", "contact", "", "0x80040265", "server")
    assert second == Cause(*server, 1, None, NOON - MINUTE, NOON - MINUTE, "item-3")
    assert (third.rule, third.limit, third.items) == ("max_length", "50", 1)


def test_causes_are_those_that_are_asked_for(held: StateStore) -> None:
    (cause,) = held.quarantine_causes(where=ItemFilter(text="too long"))
    assert (cause.rule, cause.items) == ("max_length", 1)
    assert held.quarantine_causes(statuses=["recovered"]) == []


def test_an_item_counts_once_for_a_cause(store: StateStore) -> None:
    twice = [failure(limit="1"), failure(limit="2")]
    store.apply(StateChanges(quarantine=[quarantined(1, failures=twice)]), lease=None)
    (cause,) = store.quarantine_causes()
    assert (cause.items, cause.limit) == (1, None)


def test_a_history_is_told_in_its_order_and_goes_with_its_item(held: StateStore) -> None:
    told = [item_event(1), item_event(1, kind="recovered", cycle_id="c2", actor=None)]
    held.apply(StateChanges(quarantine_events=[*told, item_event(2)]), lease=None)
    assert held.quarantine_events(["item-1"]) == told
    held.erase([1], [])
    assert held.quarantine_events(["item-1", "item-2"]) == [item_event(2)]


def test_an_event_needs_its_item(held: StateStore) -> None:
    with pytest.raises(StateError):
        held.apply(StateChanges(quarantine_events=[item_event(9)]), lease=None)
    assert held.quarantine_events(["item-9"]) == []
