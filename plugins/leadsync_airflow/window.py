"""Which window a DAG run covers: stored cursors, its data interval, or what its conf asks for.

A scheduled or manual run goes on from the stored cursors; a backfill run, and a run whose conf
names a window, reads exactly that window and moves no cursor (semantics.md 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from leadsync.clock import parse_instant
from leadsync.errors import ConfigurationError

Kind = Literal["scheduled", "backfill", "manual"]
WINDOW_KEYS = ("window_from", "window_to")


class DagRunFacts(Protocol):
    """What the resolution needs of Airflow's ``DagRun``; only ``run_after`` is never ``None``."""

    run_type: Any
    run_after: datetime
    data_interval_start: datetime | None
    data_interval_end: datetime | None
    conf: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RunWindow:
    """What one run reads.

    :param window_from: ``None`` means from the stored cursors.
    :param window_to: exclusive end, zone-aware.
    """

    kind: Kind
    window_from: datetime | None
    window_to: datetime


def resolve_window(dag_run: DagRunFacts, params: Mapping[str, Any] | None = None) -> RunWindow:
    """Resolve the window of ``dag_run``; values in its conf go before those in ``params``.

    :raises ConfigurationError: half a window, a value that is no instant, a start that is not
        before the end, or a backfill run without a data interval.
    """
    asked = _asked_window({**(params or {}), **(dag_run.conf or {})})
    if asked is not None:
        return _explicit(*asked, source="the run's configuration")
    run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    start, end = dag_run.data_interval_start, dag_run.data_interval_end
    if run_type == "backfill":
        if start is None or end is None:
            raise ConfigurationError(
                "This backfill run has no data interval.",
                remedy="Give the DAG a CronDataIntervalTimetable, or name a window in the conf.",
            )
        return _explicit(start, end, source="the data interval of this backfill run")
    if run_type == "scheduled" and end is not None:
        return RunWindow("scheduled", None, end)
    return RunWindow("manual", None, dag_run.run_after)


def _asked_window(values: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    given = {key: values[key] for key in WINDOW_KEYS if values.get(key)}
    if not given:
        return None
    missing = [key for key in WINDOW_KEYS if key not in given]
    if missing:
        raise ConfigurationError(
            f"The run's configuration has {next(iter(given))} but no {missing[0]}.",
            remedy="Name both window_from and window_to, or neither.",
        )
    start, end = (instant(key, given[key]) for key in WINDOW_KEYS)
    return start, end


def instant(key: str, value: Any) -> datetime:
    """Read the parameter ``key``; Airflow does not check the form of an instant itself.

    :raises ConfigurationError: ``value`` is no instant.
    """
    try:
        return parse_instant(str(value))
    except ValueError:
        raise ConfigurationError(
            f"{key} is {value!r}, which is no instant.",
            remedy="Write it as 2026-01-31T10:00:00Z.",
        ) from None


def _explicit(start: datetime, end: datetime, *, source: str) -> RunWindow:
    if start >= end:
        raise ConfigurationError(
            f"The window of {source} is empty: it starts at {start.isoformat()} and ends at "
            f"{end.isoformat()}.",
            remedy="Choose a start before the end.",
        )
    return RunWindow("backfill", start, end)
