"""The callbacks of tasks and runs: the incident is noted first, then every channel hears of it.

Each channel has a callback of its own, because Airflow runs all of a list even when one fails, and
logs what that one raised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from leadsync.clock import SystemClock
from leadsync_airflow.alerts import describe
from leadsync_airflow.alerts.channels import Channel, configured_channels
from leadsync_airflow.alerts.incidents import (
    RUN,
    incident_book,
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
        key = task.dag_id, task_subject(task.task_id)
        tell_once(self.channel, key, describe.task_failed(context), lambda: outage_goes_on(context))


class RunFailureNotifier(BaseNotifier):
    """Tells one channel of a run that Airflow ended: no task of it could tell."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def notify(self, context: Context) -> None:
        """Send it, once per incident."""
        if was_ended(context):
            key = context["dag"].dag_id, RUN
            tell_once(self.channel, key, describe.run_failed(context), lambda: False)


class RecoveryNotifier(BaseNotifier):
    """Tells one channel that incidents are over, when the last task of a run succeeds."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def notify(self, context: Context) -> None:
        """Send one message on all incidents that this run has ended."""
        if ends_run(context):
            scope = context["task_instance"].dag_id
            tell_recoveries(self.channel, scope, lambda ended: describe.recovered(context, ended))


def note_task_failure(context: Context) -> None:
    """Log which task of which run failed, why and what to do, and count the incident."""
    alert = describe.task_failed(context)
    log.error("%s\n%s", alert.title, alert.text())
    task = context["task_instance"]
    with incident_book() as book:
        book.happened(task.dag_id, task_subject(task.task_id), SystemClock().now())


def note_run_failure(context: Context) -> None:
    """Log a run that Airflow ended, and count the incident."""
    if was_ended(context):
        alert = describe.run_failed(context)
        log.error("%s\n%s", alert.title, alert.text())
        with incident_book() as book:
            book.happened(context["dag"].dag_id, RUN, SystemClock().now())


def note_success(context: Context) -> None:
    """Close what the success of a run's last task proves to be over."""
    if ends_run(context):
        with incident_book() as book:
            book.close(
                context["task_instance"].dag_id,
                SystemClock().now(),
                but=[task_subject(name) for name in unproven(context)],
            )


def task_failure_callbacks() -> list[Callback]:
    """Return ``on_failure_callback`` of every task."""
    return [note_task_failure, *(TaskFailureNotifier(one) for one in configured_channels())]


def task_success_callbacks() -> list[Callback]:
    """Return ``on_success_callback`` of every task; those of a run's last task do something."""
    return [note_success, *(RecoveryNotifier(channel) for channel in configured_channels())]


def run_failure_callbacks() -> list[Callback]:
    """Return ``on_failure_callback`` of every DAG."""
    return [note_run_failure, *(RunFailureNotifier(channel) for channel in configured_channels())]


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


def outage_goes_on(context: Context) -> bool:
    """Tell whether the run before failed as well."""
    before = context["task_instance"].get_previous_dagrun()
    return before is not None and str(getattr(before.state, "value", before.state)) == "failed"
