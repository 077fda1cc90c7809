"""The callbacks of tasks and runs: the incident is noted first, then every channel hears of it.

Each channel has a callback of its own, because Airflow runs all of a list even when one fails, and
logs what that one raised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from leadsync.clock import SystemClock
from leadsync.errors import ApiError
from leadsync_airflow.alerts import describe
from leadsync_airflow.alerts.channels import Channel, configured_channels
from leadsync_airflow.alerts.deadline import deadline_interval
from leadsync_airflow.alerts.degraded import reasons_by_subject
from leadsync_airflow.alerts.incidents import (
    LATE,
    RUN,
    incident_book,
    system_subject,
    task_subject,
    tell_once,
    tell_recoveries,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

Callback = Callable[["Context"], None]

#: reason of a run whose tasks have told already.
TASK_FAILURE = "task_failure"


class TaskFailureNotifier(BaseNotifier):
    """Tells one channel of a task that failed for good."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def notify(self, context: Context) -> None:
        """Send the failure, once per incident."""
        task = context["task_instance"]
        tell_once(
            self.channel,
            task.dag_id,
            [failure_subject(context)],
            lambda _: describe.task_failed(context),
            lambda: outage_goes_on(context),
        )


class RunFailureNotifier(BaseNotifier):
    """Tells one channel of a run that Airflow ended: no task of it could tell."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def notify(self, context: Context) -> None:
        """Send it, once per incident."""
        if was_ended(context):
            alert = describe.run_failed(context)
            tell_once(self.channel, context["dag"].dag_id, [RUN], lambda _: alert)


class SuccessNotifier(BaseNotifier):
    """Tells one channel that incidents are over, or that a run succeeded badly, at its end."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def notify(self, context: Context) -> None:
        """Send one message on all incidents that this run has ended, and one on all new ones."""
        if not ends_run(context):
            return
        scope = context["task_instance"].dag_id
        tell_recoveries(self.channel, scope, lambda ended: describe.recovered(context, ended))
        reasons = reasons_by_subject(context)
        if reasons:
            tell_once(
                self.channel,
                scope,
                list(reasons),
                lambda new: describe.run_degraded(context, [reasons[one] for one in new]),
            )


def note_task_failure(context: Context) -> None:
    """Log which task of which run failed, why and what to do, and count the incident."""
    alert = describe.task_failed(context)
    log.error("%s\n%s", alert.title, alert.text())
    scope = context["task_instance"].dag_id
    with incident_book() as book:
        book.happened(scope, failure_subject(context), SystemClock().now())


def note_run_failure(context: Context) -> None:
    """Log a run that Airflow ended, and count the incident."""
    if was_ended(context):
        alert = describe.run_failed(context)
        log.error("%s\n%s", alert.title, alert.text())
        with incident_book() as book:
            book.happened(context["dag"].dag_id, RUN, SystemClock().now())


def note_success(context: Context) -> None:
    """Note what the success of a run's last task proves to be over, and what it still suffers."""
    if not ends_run(context):
        return
    scope, now = context["task_instance"].dag_id, SystemClock().now()
    degraded = reasons_by_subject(context)
    goes_on = {*degraded, *map(task_subject, unproven(context))}
    if took_too_long(context, now):
        goes_on.add(LATE)
    with incident_book() as book:
        book.close(scope, now, but=goes_on)
        for subject in degraded:
            book.happened(scope, subject, now)


def task_failure_callbacks() -> list[Callback]:
    """Return ``on_failure_callback`` of every task."""
    return [note_task_failure, *(TaskFailureNotifier(one) for one in configured_channels())]


def task_success_callbacks() -> list[Callback]:
    """Return ``on_success_callback`` of every task; those of a run's last task do something."""
    return [note_success, *(SuccessNotifier(channel) for channel in configured_channels())]


def run_failure_callbacks() -> list[Callback]:
    """Return ``on_failure_callback`` of every DAG."""
    return [note_run_failure, *(RunFailureNotifier(channel) for channel in configured_channels())]


def failure_subject(context: Context) -> str:
    """Return what is out of order: a system, whichever tasks it fails, or else the task."""
    exception = context.get("exception")
    if isinstance(exception, ApiError):
        return system_subject(exception)
    return task_subject(context["task_instance"].task_id)


def was_ended(context: Context) -> bool:
    """Tell whether Airflow ended the run: of tasks that failed, their own callbacks have told."""
    return context.get("reason") != TASK_FAILURE


def ends_run(context: Context) -> bool:
    """Tell whether nothing of the run comes after this task."""
    return not context["task"].downstream_task_ids


def unproven(context: Context) -> set[str]:
    """Return the tasks about which the success of this one says nothing."""
    task = context["task"]
    proven = {task.task_id, *task.get_flat_relative_ids(upstream=True)}
    return set(context["dag"].task_ids) - proven


def took_too_long(context: Context, now: datetime) -> bool:
    """Tell whether the run has passed its deadline, which is no recovery from being late."""
    interval, started = deadline_interval(), context["dag_run"].start_date
    return bool(interval) and started is not None and now - started > interval


def outage_goes_on(context: Context) -> bool:
    """Tell whether the run before failed as well."""
    before = context["task_instance"].get_previous_dagrun()
    return before is not None and str(getattr(before.state, "value", before.state)) == "failed"
