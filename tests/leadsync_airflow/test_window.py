"""Window resolution per run type (reference/airflow-gx.md 3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.errors import ConfigurationError
from leadsync_airflow.window import RunWindow, resolve_window

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)


@dataclass
class Run:
    """The part of Airflow's DagRun that the resolution reads."""

    run_type: str
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_after: datetime = NOW
    conf: dict[str, Any] | None = field(default_factory=dict)


def test_scheduled_run_goes_on_from_the_cursors_to_its_interval_end() -> None:
    run = Run("scheduled", NOW - MINUTE, NOW, run_after=NOW + MINUTE)
    assert resolve_window(run) == RunWindow("scheduled", None, NOW)


def test_backfill_run_reads_exactly_its_interval() -> None:
    run = Run("backfill", NOW - 2 * MINUTE, NOW - MINUTE)
    assert resolve_window(run) == RunWindow("backfill", NOW - 2 * MINUTE, NOW - MINUTE)


@given(start=instants, end=instants, run_after=instants)
def test_backfill_never_uses_the_cursors(
    start: datetime, end: datetime, run_after: datetime
) -> None:
    run = Run("backfill", start, end, run_after)
    if start < end:
        assert resolve_window(run) == RunWindow("backfill", start, end)
    else:
        with pytest.raises(ConfigurationError, match="empty"):
            resolve_window(run)


def test_backfill_without_interval_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no data interval"):
        resolve_window(Run("backfill"))


@pytest.mark.parametrize("run_type", ["manual", "operator_triggered", "asset_triggered"])
def test_run_without_interval_goes_on_from_the_cursors_to_run_after(run_type: str) -> None:
    assert resolve_window(Run(run_type, conf=None)) == RunWindow("manual", None, NOW)


def test_manual_run_ignores_the_interval_of_its_logical_date() -> None:
    run = Run("manual", NOW - timedelta(days=9), NOW - timedelta(days=8))
    assert resolve_window(run) == RunWindow("manual", None, NOW)


@pytest.mark.parametrize("run_type", ["manual", "scheduled", "backfill"])
def test_window_in_conf_goes_first_and_moves_no_cursor(run_type: str) -> None:
    conf = {"window_from": "2026-01-01T00:00:00Z", "window_to": "2026-01-02T00:00:00+01:00"}
    run = Run(run_type, NOW - MINUTE, NOW, conf=conf)
    assert resolve_window(run, {"window_from": None, "window_to": None}) == RunWindow(
        "backfill", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 23, tzinfo=UTC)
    )


def test_window_in_params_counts_when_conf_names_none() -> None:
    params = {"window_from": "2026-01-01T00:00:00Z", "window_to": "2026-01-02T00:00:00Z"}
    assert resolve_window(Run("manual"), params).kind == "backfill"


@pytest.mark.parametrize(
    ("conf", "names"),
    [
        ({"window_from": "2026-01-01T00:00:00Z"}, "no window_to"),
        ({"window_to": "2026-01-01T00:00:00Z"}, "no window_from"),
        ({"window_from": "yesterday", "window_to": "2026-01-01"}, "'yesterday'"),
        ({"window_from": "2026-01-02", "window_to": "2026-01-01"}, "empty"),
        ({"window_from": "2026-01-01", "window_to": "2026-01-01"}, "empty"),
    ],
)
def test_unusable_window_is_a_configuration_error(conf: dict[str, Any], names: str) -> None:
    with pytest.raises(ConfigurationError, match=names) as error:
        resolve_window(Run("manual", conf=conf))
    assert error.value.remedy
