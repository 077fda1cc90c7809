"""The first load between both stand-ins over HTTP, by the command line's own functions (F19)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from leadsync.cycle.initial.open_load import LoadRequest
from leadsync.cycle.initial.runner import run_initial
from leadsync.marketo import bulk_extract
from leadsync.model import Json
from support.synced import Synced

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
#: an export that takes no time.
HURRY = {"export_queue_seconds": 0.0, "export_run_seconds": 0.0, "status_refresh_seconds": 0.0}


@pytest.fixture(autouse=True)
def _quick_exports(synced: Synced, monkeypatch: pytest.MonkeyPatch) -> None:
    synced.marketo.control.settings(**HURRY)
    monkeypatch.setattr(bulk_extract, "POLL_SECONDS", 0.0)


def initial(synced: Synced, **asked: Any) -> Json:
    return run_initial(
        synced.engine, LoadRequest(**{"run_id": "test", "partitions": 2, "since": SINCE, **asked})
    )


def test_f19_a_first_load_links_what_exists_on_both_sides(synced: Synced) -> None:
    people = [
        synced.new_person(lastName="Ek", email=f"p{n}@example.com", unsubscribed=n == 1)
        for n in range(3)
    ]
    rows = [
        synced.new_row(
            lastname="Ek", emailaddress1=f"P{n}@Example.com", jobtitle='Chef, “le\u2028”\n"x"'
        )
        for n in range(4)
    ]
    report = initial(synced)
    assert report["counts"]["to_marketo"]["lead"]["updated"] == 3
    assert [int(synced.person_of(row)["id"]) for row in rows[:3]] == people
    assert len(synced.people()) == 4
    assert synced.row(rows[1])["donotbulkemail"] is True
    again = initial(synced)
    assert again["counts"]["to_marketo"]["lead"]["unchanged"] == 4
    quiet = synced.cycle()
    assert quiet["counts"]["to_marketo"]["lead"]["applied"] == 0
    assert quiet["counts"]["to_dynamics"]["lead"]["applied"] == 0
    assert quiet["calls"]["dynamics"] == 3  # nothing is read in full again
