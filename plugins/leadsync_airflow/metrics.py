"""A cycle's numbers in Airflow's own metrics: StatsD or OpenTelemetry, whichever is switched on.

| name | kind | what |
|---|---|---|
| `leadsync.rows.DIRECTION.TABLE.OUTCOME` | counter | records of a cycle by outcome |
| `leadsync.calls.SYSTEM` | counter | API calls |
| `leadsync.quota_left.SYSTEM` | gauge | share of our calls of the day that is left, 0 to 1 |
| `leadsync.lag_seconds` | gauge | age of the time up to which everything is synchronised |
| `leadsync.cycle_duration.KIND` | timer, milliseconds | from opening to commit |
| `leadsync.quarantine_open`, `leadsync.deferred` | gauge | records that wait |
| `leadsync.compared.KIND`, `.drift.KIND`, `.repaired.KIND` | counter | pairs that were compared |

Airflow puts its prefix (``airflow``) before the names. The parts of a name are no tags, because
plain StatsD drops tags. With metrics switched off nothing is read or sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from leadsync.cycle.context import Engine
    from leadsync.cycle.request.comparison import Compared

SWITCHES = ("statsd_on", "otel_on", "statsd_datadog_enabled")


def send_metrics(engine: Engine, report: Mapping[str, Any]) -> None:
    """Send what ``report`` says of a committed cycle, and what waits now.

    :param report: of ``quarantine_and_commit``; that of a dry run changes nothing and is left out.
    """
    if report.get("dry_run") or not metrics_are_on():
        return
    _send_counts(report)
    for system in report.get("calls", {}):
        stats.gauge(f"leadsync.quota_left.{system}", 1 - engine.ledger.used_today(system))
    waiting = engine.store.counts()
    for name in ("quarantine_open", "deferred"):
        stats.gauge(f"leadsync.{name}", waiting[name])
    _send_times(engine, report)


def send_compared(engine: Engine, kind: str, found: Compared) -> None:
    """Send what comparing pairs came to, and the numbers of the cycles that it ran for that.

    :param kind: ``reconcile``, ``field_backfill`` or ``undo``.
    """
    if not metrics_are_on():
        return
    for name, number in {
        "compared": found.compared,
        "drift": len(found.drift),
        "repaired": found.repaired,
    }.items():
        stats.incr(f"leadsync.{name}.{kind}", number)
    for report in found.reports:
        send_metrics(engine, {**report, "calls": {}})
    for system, number in found.calls.items():
        stats.incr(f"leadsync.calls.{system}", number)


def metrics_are_on() -> bool:
    """Tell whether Airflow sends metrics anywhere."""
    return any(conf.getboolean("metrics", name, fallback=False) for name in SWITCHES)


def _send_counts(report: Mapping[str, Any]) -> None:
    for direction, tables in report.get("counts", {}).items():
        for table, numbers in tables.items():
            for outcome, number in numbers.items():
                stats.incr(f"leadsync.rows.{direction}.{table}.{outcome}", number)
    for system, number in report.get("calls", {}).items():
        stats.incr(f"leadsync.calls.{system}", number)


def _send_times(engine: Engine, report: Mapping[str, Any]) -> None:
    from leadsync.cycle.context import MOVING_KINDS

    cycle = engine.store.cycle(report["cycle_id"])
    if cycle is None or cycle.closed_at is None:
        return
    duration = (cycle.closed_at - cycle.opened_at).total_seconds() * 1000
    stats.timing(f"leadsync.cycle_duration.{cycle.kind}", duration)
    if cycle.kind in MOVING_KINDS:
        lag = engine.clock.now() - cycle.reached
        stats.gauge("leadsync.lag_seconds", max(0.0, lag.total_seconds()))
