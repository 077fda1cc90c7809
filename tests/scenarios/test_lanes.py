"""Much does not hold up what is new or urgent, and no cycle lasts for ever (S109, S119)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.call_counts import marketo_calls
from benchmarks.population import Control, edit_rows, make_pairs, store_pairs

from leadsync.cycle.context import CycleRequest
from leadsync.cycle.runner import run_cycle
from leadsync.model import Json, PersonResult
from support.synced import Synced

#: three write calls to Marketo.
ROWS = 700


class Slow:
    """Marketo, each of whose writing calls takes so long by the engine's clock."""

    def __init__(self, inner: Any, seconds: float) -> None:
        self.inner, self.seconds = inner, seconds
        self.late = timedelta()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def sync_persons(self, *call: Any) -> list[PersonResult]:
        self.late += timedelta(seconds=self.seconds)
        results: list[PersonResult] = self.inner.sync_persons(*call)
        return results

    def now(self) -> datetime:
        return datetime.now(UTC) + self.late

    def sleep(self, seconds: float) -> None:
        self.late += timedelta(seconds=seconds)


def run(synced: Synced, slow: Slow) -> Json:
    synced.forget_calls()
    engine = replace(synced.engine, clock=slow, marketo=slow)
    return run_cycle(engine, CycleRequest("manual", window_to=slow.now()))


def test_s119_s109_new_persons_and_opt_outs_arrive_though_the_cycle_has_no_time_for_all(
    synced: Synced,
) -> None:
    marketo, dynamics = Control(synced.marketo.url), Control(synced.dynamics.url)
    pairs = make_pairs(ROWS)
    store_pairs(pairs, marketo, dynamics)
    slow = Slow(synced.engine.marketo, 0)
    for _ in range(2):
        run(synced, slow)

    edit_rows(pairs, dynamics, "A")
    stopped = pairs[-1]
    synced.edit_row(stopped.row_id, stopped.table, donotbulkemail=True)
    new = synced.new_row(lastname="Ny", emailaddress1="new@example.com")
    slow.seconds = synced.engine.settings.cycle_seconds / 2 + 1
    report = run(synced, slow)
    assert synced.person_of(new)["lastName"] == "Ny"
    assert synced.person(stopped.person_id)["unsubscribed"] is True
    assert marketo_calls(synced.marketo.control.journal())["person writes"] == 2
    counted = [report["counts"]["to_marketo"][table] for table in ("lead", "contact")]
    assert sum(one["created"] for one in counted) == 1
    assert sum(one["updated"] for one in counted) == 1
    assert sum(one["deferred"] for one in counted) == ROWS - 1

    later = synced.new_row(lastname="Ny", emailaddress1="later@example.com")
    slow.seconds = 0
    report = run(synced, slow)
    assert synced.person_of(later)["lastName"] == "Ny"
    calls = marketo_calls(synced.marketo.control.journal())
    assert calls["person writes"] == 4  # the new one, and the rest in full batches
    assert calls["person reads"] == 1  # for the new row's address; what had to wait is not read
    counted = [report["counts"]["to_marketo"][table] for table in ("lead", "contact")]
    assert sum(one["deferred"] for one in counted) == 0
    assert sum(one["updated"] for one in counted) == ROWS - 1
    assert {p["address"] for p in synced.people() if p["address"]} == {
        f"Street {pair.number} A" for pair in pairs
    }
