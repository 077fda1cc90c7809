"""A run that is late is told of while it still runs: Airflow's deadline alerts.

The callback runs in the triggerer, which has an event loop and no executor slot to wait for. It
knows the run, but no task.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from leadsync.clock import SystemClock, parse_instant
from leadsync.errors import ConfigurationError
from leadsync_airflow.alerts.channels import Channel, configured_channels
from leadsync_airflow.alerts.describe import run_late
from leadsync_airflow.alerts.incidents import LATE, incident_book, tell_once

DEADLINE_VARIABLE = "LEADSYNC_DEADLINE_MINUTES"
#: recommended; unset means none, because the test runner of Airflow 3.3.2 (``airflow dags test``)
#: cannot end a run that has a deadline: it looks up what only the scheduler stores.
EXAMPLE_MINUTES = 30


class AlertsFailedError(ExceptionGroup[Exception]):
    """What went wrong while a late run was told of; every channel was tried."""


def deadline_alert() -> DeadlineAlert | None:
    """Return the alert of a DAG's runs that take longer than ``LEADSYNC_DEADLINE_MINUTES``.

    Without it, or with 0, there is none. The time begins when the run is queued.

    :raises ConfigurationError: the variable is no number of minutes.
    """
    interval = deadline_interval()
    if not interval:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=interval,
        callback=AsyncCallback(tell_late),
        name="late",
    )


def deadline_interval(environ: Mapping[str, str] | None = None) -> timedelta:
    """Return how long a run may take; zero means as long as it likes.

    :raises ConfigurationError: the variable is no number of minutes.
    """
    text = (os.environ if environ is None else environ).get(DEADLINE_VARIABLE, "").strip()
    try:
        interval = timedelta(minutes=float(text or 0))
    except (ValueError, OverflowError):
        interval = timedelta(minutes=-1)
    if interval < timedelta(0):
        raise ConfigurationError(
            f"{DEADLINE_VARIABLE} is {text!r}, which is no number of minutes from 0 up.",
            remedy=f"Set it to a number such as {EXAMPLE_MINUTES}; 0 switches it off.",
        )
    return interval


async def tell_late(context: Mapping[str, Any]) -> None:
    """Tell every channel that a run is late, once until a run ends in time.

    A run of a backfill is not late: it waits for its turn.

    :param context: ``dag_run`` as Airflow's API shows it, and ``deadline``.
    :raises AlertsFailedError: a channel did not take it, or the state store cannot note it.
    """
    run = context["dag_run"]
    if run.get("run_type") == "backfill":
        return
    due = context["deadline"]["deadline_time"]
    deadline = due if isinstance(due, datetime) else parse_instant(str(due))
    channels = configured_channels()
    outcomes = await asyncio.gather(
        asyncio.to_thread(_note, run["dag_id"]),
        *(asyncio.to_thread(_tell, channel, run, deadline) for channel in channels),
        return_exceptions=True,
    )
    failed = [error for error in outcomes if isinstance(error, Exception)]
    if failed:
        raise AlertsFailedError(f"The alert of {run['dag_run_id']} met with errors", failed)


def _note(dag_id: str) -> None:
    with incident_book() as book:
        book.happened(dag_id, LATE, SystemClock().now())


def _tell(channel: Channel, run: Mapping[str, Any], deadline: datetime) -> None:
    alert = run_late(run, deadline, run_link(run))
    tell_once(channel, run["dag_id"], [LATE], lambda _: alert)


def run_link(run: Mapping[str, Any]) -> str:
    """Return the address of the run's page, or nothing when Airflow does not know its own."""
    from urllib.parse import quote

    from airflow.sdk.configuration import conf

    base = str(conf.get("api", "base_url", fallback="")).rstrip("/")
    path = f"/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'], safe='')}"
    return f"{base}{path}" if base else ""
