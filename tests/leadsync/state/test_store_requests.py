"""Requests, related records, references, marks and erasure, on every kind of store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadsync.state.port import StateChanges, StateStore
from support.state_rows import (
    NOON,
    deferred,
    intent,
    journal,
    link,
    lookup,
    mark,
    quarantined,
    related,
    request,
    row_id,
)


def test_requests_come_back_in_the_order_in_which_they_came(store: StateStore) -> None:
    late = request(1, requested_at=NOON + timedelta(seconds=1))
    done = request(3, status="done", outcome="created", message="made", cycle_id="c1")
    store.apply(StateChanges(requests=[late, request(2), done]), lease=None)
    assert store.requests(waiting=True) == [request(2), late]
    assert store.requests(ids=["request-3", "nobody"]) == [done]
    assert store.counts()["requests_waiting"] == 2


def test_an_answered_request_no_longer_waits(store: StateStore) -> None:
    store.apply(StateChanges(requests=[request(1)]), lease=None)
    answered = request(1, status="failed", outcome="refused")
    store.apply(StateChanges(requests=[answered]), lease=None)
    assert store.requests() == [answered]
    assert store.requests(waiting=True) == []


def test_live_links_are_found_by_what_their_row_refers_to(store: StateStore) -> None:
    closed = link(3, status="dynamics_deleted")
    references = [
        lookup(1),
        lookup(2, target_id=row_id(1)),
        lookup(3, target_id=row_id(1)),
        lookup(2, column="ownerid", target_table="team"),
    ]
    store.apply(StateChanges(links=[link(1), link(2), closed], lookups=references), lease=None)
    found = store.links_referring("parentcustomerid", "account", [row_id(1)])
    assert [row["link_id"] for row in found] == ["link-1", "link-2"]
    assert store.links_referring("parentcustomerid", "contact", [row_id(1)]) == []
    assert len(store.lookups_of(["link-2"])) == 2


def test_a_reference_moves(store: StateStore) -> None:
    store.apply(StateChanges(links=[link(1)], lookups=[lookup(1)]), lease=None)
    nowhere = lookup(1, target_table=None, target_id=None)
    store.apply(StateChanges(lookups=[nowhere]), lease=None)
    assert store.lookups_of(["link-1"]) == [nowhere]
    assert store.links_referring("parentcustomerid", "account", [row_id(1)]) == []


def test_related_records_are_kept_by_table(store: StateStore) -> None:
    user = related(1, table="systemuser", fields={"ownerName": "Ada"}, active=False)
    store.apply(StateChanges(related=[related(1), user]), lease=None)
    assert store.related("systemuser", [row_id(1)]) == [user]
    assert store.related("account", [row_id(1), row_id(2)]) == [related(1)]


def test_marks_are_set_and_dropped(store: StateStore) -> None:
    store.apply(StateChanges(marks=[mark(1), mark(2), mark(1, kind="erased")]), lease=None)
    store.apply(StateChanges(marks_dropped=[("opted_out", "hash-1")]), lease=None)
    assert store.marks("opted_out", ["hash-1", "hash-2", "hash-3"]) == {"hash-2"}
    assert store.marks("erased", ["hash-1"]) == {"hash-1"}


def test_erased_records_leave_nothing_but_marks(store: StateStore) -> None:
    changes = StateChanges(
        links=[link(1), link(2)],
        base={"link-1": {"title": "CTO"}, "link-2": {"title": "CIO"}},
        intents=[intent(1), intent(2)],
        journal=[journal(1), journal(2)],
        quarantine=[quarantined(1), quarantined(2)],
        deferred=[deferred(1), deferred(2)],
        requests=[request(1), request(2)],
        lookups=[lookup(1), lookup(2)],
        marks=[mark(1, kind="erased")],
    )
    store.apply(changes, lease=None)
    removed = store.erase([1], [])
    names = ("lookup", "intent", "journal", "quarantine", "request", "link")
    assert {name: removed[name] for name in names} == dict.fromkeys(names, 1)
    assert store.erase([], [row_id(1)]).get("deferred", 0) == 1 - removed["deferred"]
    assert store.base_of(["link-1", "link-2"]) == {"link-2": {"title": "CIO"}}
    assert [row["marketo_id"] for row in store.journal()] == [2]
    assert [row["id"] for row in store.quarantine()] == ["item-2"]
    assert store.marks("erased", ["hash-1"]) == {"hash-1"}


@pytest.mark.parametrize("address", ["ann@x.com", "åsa%_@x.com"])
def test_what_names_an_erased_address_goes_too(store: StateStore, address: str) -> None:
    shown = f" {address.upper() if address.isascii() else address} "
    failure = {"field": "email", "rule": "r", "value": address, "limit": None, "message": "m"}
    store.apply(
        StateChanges(
            links=[link(1), link(2)],
            base={"link-1": {"email": shown}, "link-2": {"email": f"jo{address}"}},
            intents=[intent(1, body={"values": {"email": address}}), intent(2)],
            journal=[journal(1, base=shown), journal(2), journal(2, dynamics=f"jo{address}")],
            quarantine=[quarantined(1, failures=[failure], row={}), quarantined(2)],
        ),
        lease=None,
    )
    assert [found["link_id"] for found in store.links_with(address)] == ["link-1"]
    removed = store.erase([], [], address=address)
    assert [removed[name] for name in ("intent", "journal", "quarantine", "link")] == [1, 1, 1, 0]
    assert [item["id"] for item in store.quarantine()] == ["item-2"]
    assert len(store.journal()) == 2


def test_rows_in_bulk_survive_the_way(store: StateStore) -> None:
    many = range(1, 251)
    changes = StateChanges(
        requests=[request(n) for n in many],
        related=[related(n, active=n % 2 == 0) for n in many],
        lookups=[lookup(n) for n in many],
    )
    store.apply(changes, lease=None)
    assert store.related("account", [row_id(n) for n in many]) == changes.related
    assert len(store.lookups_of([f"link-{n}" for n in many])) == 250
    assert len(store.requests()) == 250
