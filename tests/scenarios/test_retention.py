"""Marketo forgets deletions after 14 days and changes after 90: long pauses lose nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_cycle
from leadsync.model import Json
from support.manual_clock import ManualClock
from support.synced import Synced


def cycle_after(synced: Synced, days: int) -> Json:
    """Run the first cycle after a pause of so many days, on both systems' clocks and ours."""
    for system in (synced.marketo, synced.dynamics):
        system.control.advance(days * 86_400)
    then = datetime.now(UTC) + timedelta(days=days)
    engine = replace(synced.engine, clock=ManualClock(then))
    return run_cycle(engine, CycleRequest(kind="manual", window_to=then))


@pytest.mark.parametrize(
    ("days", "given_up"),
    [(14, {"marketo.deleted_leads"}), (100, {"marketo.deleted_leads", "marketo.lead_changes"})],
)
def test_what_marketo_forgot_in_a_pause_is_found(
    synced: Synced, days: int, given_up: set[str]
) -> None:
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"p{n}@example.com") for n in range(6)]
    synced.cycle()
    people = [int(synced.person_of(row)["id"]) for row in rows]
    synced.edit_person(people[0], title="CTO")
    synced.marketo.control.edit("delete", id=people[1])
    report = cycle_after(synced, days)
    assert {one for one in report["full_comparison"] if one.startswith("marketo")} == given_up
    assert synced.row(rows[0])["jobtitle"] == "CTO"
    [link] = synced.engine.store.links_of_persons([people[1]])
    assert link["status"] == "marketo_deleted"


def test_a_refused_paging_token_is_replaced(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, title="CTO")
    synced.marketo.control.settings(paging_token_days=1)
    synced.marketo.control.advance(2 * 86_400)
    report = synced.cycle()
    assert "marketo.lead_changes" in report["full_comparison"]
    assert synced.row(row)["jobtitle"] == "CTO"
    status = json.loads(synced.command("status", "--json").stdout)
    assert "marketo.lead_changes" in status["last_full_comparison"]
