"""A cycle's numbers as a StatsD server receives them, and nothing when metrics are off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils

from leadsync.cycle.request.comparison import Compared
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import CycleRecord, StateChanges
from leadsync_airflow.metrics import send_compared, send_metrics
from support.manual_clock import ManualClock
from support.receivers import statsd_receiver

REPORT = {
    "cycle_id": "c1",
    "kind": "scheduled",
    "window": {"from": None, "to": "2026-01-31T12:00:00Z"},
    "counts": {"to_marketo": {"lead": {"extracted": 5, "applied": 4, "quarantined": 1}}},
    "calls": {"marketo": 7, "dynamics": 3},
}


COMPARED = {
    "compared.reconcile": "9|c",
    "drift.reconcile": "2|c",
    "repaired.reconcile": "1|c",
    "calls.marketo": "40|c",
}


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A StatsD server that Airflow's metrics go to."""
    with statsd_receiver() as (port, received):
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(port))
        use_configured_backend()
        yield received
    monkeypatch.undo()
    use_configured_backend()


def use_configured_backend() -> None:
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)


@pytest.fixture
def engine() -> Any:
    """What metrics need of an engine, after one cycle of 90 seconds."""
    clock, store = ManualClock(datetime(2026, 1, 31, 12, 2, tzinfo=UTC)), MemoryStateStore()
    opened = clock.now() - timedelta(seconds=100)
    closed = clock.now() - timedelta(seconds=10)
    until = datetime(2026, 1, 31, 12, tzinfo=UTC)
    record = CycleRecord("c1", "scheduled", "done", None, until, opened, closed, "run", REPORT)
    store.apply(StateChanges(cycle=record), lease=None)
    ledger = SimpleNamespace(used_today={"marketo": 0.25, "dynamics": 0.0}.__getitem__)
    return SimpleNamespace(clock=clock, store=store, ledger=ledger)


def test_numbers_of_a_cycle_arrive_by_name(engine: Any, statsd: Any) -> None:
    send_metrics(engine, REPORT)
    assert statsd(11) == {
        "airflow.leadsync.rows.to_marketo.lead.extracted": "5|c",
        "airflow.leadsync.rows.to_marketo.lead.applied": "4|c",
        "airflow.leadsync.rows.to_marketo.lead.quarantined": "1|c",
        "airflow.leadsync.calls.marketo": "7|c",
        "airflow.leadsync.calls.dynamics": "3|c",
        "airflow.leadsync.quota_left.marketo": "0.75|g",
        "airflow.leadsync.quota_left.dynamics": "1.0|g",
        "airflow.leadsync.quarantine_open": "0|g",
        "airflow.leadsync.deferred": "0|g",
        "airflow.leadsync.cycle_duration.scheduled": "90000.000000|ms",
        "airflow.leadsync.lag_seconds": "120.0|g",
    }


def test_numbers_of_a_comparison_arrive_with_those_of_its_cycles(engine: Any, statsd: Any) -> None:
    drift = [{"repaired": True}, {"repaired": False}]
    found = Compared(9, drift, calls={"marketo": 40}, reports=[REPORT])
    send_compared(engine, "reconcile", found)
    told = statsd(11)
    assert {name: told[f"airflow.leadsync.{name}"] for name in COMPARED} == COMPARED
    assert told["airflow.leadsync.rows.to_marketo.lead.applied"] == "4|c"
    assert "airflow.leadsync.calls.dynamics" not in told  # they are counted with all others


def test_dry_run_is_no_cycle(engine: Any, statsd: Any) -> None:
    send_metrics(engine, {**REPORT, "dry_run": True})
    stats.incr("marker")
    assert statsd(1) == {"airflow.marker": "1|c"}


def test_nothing_is_read_while_metrics_are_off() -> None:
    send_metrics(SimpleNamespace(), REPORT)  # type: ignore[arg-type]
