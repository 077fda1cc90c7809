"""The benchmark counts calls by purpose, and knows the fewest that the APIs allow."""

from __future__ import annotations

import pytest
from benchmarks.call_counts import (
    Volume,
    dynamics_calls,
    fewest_dynamics,
    fewest_marketo,
    full,
    marketo_calls,
)


@pytest.mark.parametrize(("records", "calls"), [(0, 0), (1, 1), (300, 1), (301, 2), (10_000, 34)])
def test_calls_that_hold_so_many_records(records: int, calls: int) -> None:
    assert full(records, 300) == calls


def test_an_empty_cycle_still_looks_at_every_feed() -> None:
    assert sum(fewest_marketo(Volume()).values()) == 3
    assert sum(fewest_dynamics(Volume()).values()) == 3


def test_ten_thousand_rows_on_each_side() -> None:
    volume = Volume(20_000, 20_000, 10_000, 10_000, {"lead": 5_000, "contact": 5_001}, 10_000)
    assert fewest_marketo(volume) == {
        "change feed": 67,
        "deletion feed": 4,
        "merge feed": 4,
        "person reads": 34,
        "person writes": 34,
    }
    assert fewest_dynamics(volume) == {"delta reads": 4, "batches": 10}


def call(path: str, kind: str = "read") -> dict[str, str]:
    return {"path": path, "kind": kind}


def test_long_person_reads_are_told_from_writes_and_tokens_are_left_out() -> None:
    journal = [
        call("/identity/oauth/token", "token"),
        call("/rest/v1/leads.json"),
        call("/rest/v1/leads.json", "write"),
        call("/rest/v1/activities/leadchanges.json"),
        call("/rest/v1/somewhere.json"),
    ]
    assert marketo_calls(journal) == {
        "person reads": 1,
        "person writes": 1,
        "change feed": 1,
        "/rest/v1/somewhere.json": 1,
    }


def test_dynamics_calls_by_purpose() -> None:
    journal = [
        call("/tenant/oauth2/v2.0/token", "token"),
        call("/api/data/v9.2/leads"),
        call("/api/data/v9.2/contacts"),
        call("/api/data/v9.2/$batch", "write"),
        call("/api/data/v9.2/EntityDefinitions(LogicalName='lead')/Keys"),
    ]
    assert dynamics_calls(journal) == {"delta reads": 2, "batches": 1, "metadata": 1}
