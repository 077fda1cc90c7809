"""Links and base: at most one live link per person and row, base merged field by field."""

from __future__ import annotations

import pytest

from leadsync.errors import StateError
from leadsync.state.port import StateChanges, StateStore
from support.state_rows import link, row_id


def keep(store: StateStore, **parts: object) -> None:
    store.apply(StateChanges(**parts), lease=None)  # type: ignore[arg-type]


def test_links_come_back_as_they_were_stored(store: StateStore) -> None:
    rows = [link(1), link(2, dynamics_table="contact", etag=None)]
    keep(store, links=rows)
    assert store.links_of_persons([1, 2, 3]) == rows
    assert store.links_of_rows("contact", [row_id(1), row_id(2)]) == rows[1:]
    assert store.links_of_persons([]) == []


def test_live_links_are_open_or_out_of_scope(store: StateStore) -> None:
    keep(
        store,
        links=[
            link(1),
            link(2, status="out_of_scope"),
            link(3, status="dynamics_deleted"),
            link(4, dynamics_table="contact"),
        ],
    )
    assert [row["link_id"] for row in store.live_links("lead")] == ["link-1", "link-2"]
    assert [row["link_id"] for row in store.live_links("lead", after="link-1")] == ["link-2"]
    assert [row["link_id"] for row in store.links_after("", 1)] == ["link-1"]
    assert [row["link_id"] for row in store.links_after("link-1", 9)] == ["link-2", "link-4"]
    assert store.counts() == {
        "links_lead": 2,
        "links_contact": 1,
        "quarantine_open": 0,
        "deferred": 0,
        "requests_waiting": 0,
        "activities_waiting": 0,
    }


def test_link_is_replaced_by_its_id(store: StateStore) -> None:
    keep(store, links=[link(1)])
    keep(store, links=[link(1, etag='W/"2"', cycle_id="c2")])
    assert store.links_of_persons([1]) == [link(1, etag='W/"2"', cycle_id="c2")]


def test_second_live_link_of_a_person_is_refused_whole(store: StateStore) -> None:
    keep(store, links=[link(1)])
    with pytest.raises(StateError, match="Marketo person 1 would have two live links"):
        keep(store, links=[link(2, marketo_id=1)], cursors={"a": "1"})
    assert store.cursors() == {}
    assert list(store.live_links("lead")) == [link(1)]


def test_second_live_link_of_a_row_is_refused(store: StateStore) -> None:
    keep(store, links=[link(1)])
    with pytest.raises(StateError, match=f"Dynamics lead {row_id(1)} would have two live links"):
        keep(store, links=[link(2, dynamics_id=row_id(1))])


def test_all_live_links_are_walked_over_a_page_at_a_time(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadsync.state.store.LINKS_AT_ONCE", 2)
    rows = [link(n) for n in range(1, 6)]
    keep(store, links=[*rows, link(6, dynamics_table="contact")])
    assert list(store.live_links("lead")) == rows


def test_two_live_links_of_a_person_in_one_transaction_are_refused(store: StateStore) -> None:
    with pytest.raises(StateError, match="link-1 and link-2"):
        keep(store, links=[link(1), link(2, marketo_id=1)])
    assert store.links_of_persons([1]) == []


def test_closed_links_do_not_count(store: StateStore) -> None:
    keep(store, links=[link(1, status="dynamics_deleted"), link(2, marketo_id=1)])
    keep(store, links=[link(3, marketo_id=1, status="marketo_deleted")])
    assert len(store.links_of_persons([1])) == 3


@pytest.mark.parametrize("closing_first", [True, False])
def test_s092_conversion_closes_one_link_and_opens_another(
    store: StateStore, closing_first: bool
) -> None:
    keep(store, links=[link(1)])
    closed, opened = link(1, status="converted"), link(2, marketo_id=1, dynamics_table="contact")
    keep(store, links=[closed, opened] if closing_first else [opened, closed])
    assert store.links_of_persons([1]) == [closed, opened]


def test_links_may_swap_their_rows_in_one_transaction(store: StateStore) -> None:
    keep(store, links=[link(1), link(2)])
    swapped = [link(1, dynamics_id=row_id(2)), link(2, dynamics_id=row_id(1))]
    keep(store, links=swapped)
    assert list(store.live_links("lead")) == swapped


def test_base_is_merged_field_by_field(store: StateStore) -> None:
    keep(store, links=[link(1)], base={"link-1": {"title": "CTO", "city": None}})
    keep(store, base={"link-1": {"title": None, "phone": ""}})
    assert store.base_of(["link-1", "link-9"]) == {
        "link-1": {"title": None, "city": None, "phone": ""}
    }


@pytest.mark.parametrize(
    "text", ['quote " \\ tab \t', "line\r\nfeed\u2028", "😀 e\u0301 שלום", "\ud800"]
)
def test_base_holds_any_text(store: StateStore, text: str) -> None:
    keep(store, links=[link(1)], base={"link-1": {"description": text}})
    assert store.base_of(["link-1"]) == {"link-1": {"description": text}}


def test_base_needs_its_link(store: StateStore) -> None:
    with pytest.raises(StateError, match="link-9 cannot be stored: there is no such link"):
        keep(store, links=[link(1)], base={"link-1": {}, "link-9": {"title": "CTO"}})
    assert list(store.live_links("lead")) == []


def test_base_is_dropped_before_a_new_one_is_stored(store: StateStore) -> None:
    keep(store, links=[link(1), link(2)], base={"link-1": {"a": "1"}, "link-2": {"a": "1"}})
    keep(store, base_dropped=["link-1", "link-2"], base={"link-2": {"b": "2"}})
    assert store.base_of(["link-1", "link-2"]) == {"link-2": {"b": "2"}}


def test_what_is_returned_is_a_copy(store: StateStore) -> None:
    keep(store, links=[link(1)], base={"link-1": {"a": "1"}})
    store.base_of(["link-1"])["link-1"]["a"] = "2"
    store.links_of_persons([1])[0]["etag"] = "changed"
    assert store.base_of(["link-1"]) == {"link-1": {"a": "1"}}
    assert store.links_of_persons([1]) == [link(1)]


def test_thousands_of_links_are_written_and_found_at_once(store: StateStore) -> None:
    rows = [link(number) for number in range(5000)]
    base = {row["link_id"]: {"title": f"tab\t{row['marketo_id']}\\"} for row in rows}
    keep(store, links=rows, base=base)
    keep(store, links=rows, base={link_id: {"city": None} for link_id in base})
    assert len(store.links_of_persons(range(-5000, 5000))) == 5000
    found = store.base_of(list(base))
    assert found == {link_id: {**values, "city": None} for link_id, values in base.items()}
