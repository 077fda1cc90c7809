"""Retries, time-outs, schedule and alerts that every DAG shares."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import RetryAction

from leadsync.errors import (
    AuthenticationError,
    ConfigurationError,
    LeadsyncError,
    LeaseHeldError,
    LeaseLostError,
    MappingError,
    QuotaSpentError,
    ThrottledError,
    UnreachableError,
)
from leadsync_airflow.defaults import RETRY_POLICY, cycle_timetable, default_args

CALL: Any = {"system": "marketo", "call": "GET /rest/v1/leads.json"}


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (ConfigurationError("bad"), RetryAction.FAIL),
        (MappingError("bad"), RetryAction.FAIL),
        (AuthenticationError("refused", **CALL), RetryAction.FAIL),
        (QuotaSpentError("607", **CALL), RetryAction.FAIL),
        (LeaseLostError("taken over"), RetryAction.FAIL),
        (LeaseHeldError("busy"), RetryAction.RETRY),
        (UnreachableError("no route", **CALL), RetryAction.RETRY),
        (ThrottledError("606", **CALL), RetryAction.DEFAULT),
        (LeadsyncError("other"), RetryAction.DEFAULT),
        (OSError("disk"), RetryAction.DEFAULT),
    ],
)
def test_retry_policy_by_error(error: Exception, action: RetryAction) -> None:
    assert RETRY_POLICY.evaluate(error, 1, 4).action is action


def test_retries_are_bounded_in_number_and_time() -> None:
    args = default_args()
    assert args["retries"] == 3
    assert args["retry_delay"] <= args["max_retry_delay"] < args["execution_timeout"]


def test_schedule_defaults_to_every_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADSYNC_SCHEDULE", raising=False)
    assert cycle_timetable().expression == "* * * * *"


def test_schedule_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_SCHEDULE", " */15 * * * * ")
    assert cycle_timetable().expression == "*/15 * * * *"
