"""What every leadsync DAG has in common: owner, retries, time-outs and alerts.

Imported when DAG files are parsed, so nothing heavy is imported at module level.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import CronDataIntervalTimetable, ExceptionRetryPolicy, RetryAction, RetryRule

from leadsync.errors import (
    ConfigurationError,
    LeaseHeldError,
    LeaseLostError,
    QuotaSpentError,
    StaleLoadError,
    UnreachableError,
)
from leadsync_airflow.alerts.callbacks import task_failure_callbacks, task_success_callbacks

OWNER = "leadsync"
TAGS = ["leadsync", "marketo", "dynamics365"]
DEFAULT_SCHEDULE = "* * * * *"
DAGRUN_TIMEOUT = timedelta(hours=6)

#: The first rule that matches decides. A host that cannot be reached is a wrong URL on the first
#: day and a network that is down on all others, so it is retried.
RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=UnreachableError,
            action=RetryAction.RETRY,
            retry_delay=timedelta(seconds=30),
            reason="The host cannot be reached; trying again.",
        ),
        RetryRule(
            exception=ConfigurationError,
            action=RetryAction.FAIL,
            reason="The configuration must be corrected; no retry helps.",
        ),
        RetryRule(
            exception=[LeaseLostError, QuotaSpentError, StaleLoadError],
            action=RetryAction.FAIL,
            reason="This cycle cannot go on; the next one takes over what is left.",
        ),
        RetryRule(
            exception=LeaseHeldError,
            action=RetryAction.RETRY,
            retry_delay=timedelta(seconds=20),
            reason="Another cycle is at work; waiting for it.",
        ),
    ]
)


def default_args() -> dict[str, Any]:
    """Return the ``default_args`` of a leadsync DAG."""
    return {
        "owner": OWNER,
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=5),
        "retry_policy": RETRY_POLICY,
        "execution_timeout": timedelta(hours=2),
        "on_failure_callback": task_failure_callbacks(),
        "on_success_callback": task_success_callbacks(),
    }


def cycle_timetable() -> CronDataIntervalTimetable:
    """Return the cycle's timetable: ``LEADSYNC_SCHEDULE`` (cron, UTC), by default every minute.

    A plain cron string would give runs an empty data interval (reference/airflow-gx.md 3).
    """
    schedule = os.environ.get("LEADSYNC_SCHEDULE", "").strip() or DEFAULT_SCHEDULE
    return CronDataIntervalTimetable(schedule, timezone="UTC")
