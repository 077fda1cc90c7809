"""What happens when a task has failed for good: one line in the log, one e-mail when configured."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

ALERT_VARIABLE = "LEADSYNC_ALERT_EMAIL"
SMTP_CONNECTION = "smtp_default"


def log_failure(context: Mapping[str, Any]) -> None:
    """Log which task of which run failed, why, and what to do."""
    log.error(failure_text(context))


def mail_failure(context: Mapping[str, Any]) -> None:
    """Send the failure to ``LEADSYNC_ALERT_EMAIL`` through the connection ``smtp_default``.

    A run that fails right after a failed one is told in the log only: an outage is one e-mail, not
    one for every minute of it (semantics.md 8, S114). Without the variable nothing is sent. A
    connection that is missing or does not work is logged, and hides no failure.
    """
    recipients = [to.strip() for to in os.environ.get(ALERT_VARIABLE, "").split(",") if to.strip()]
    if not recipients:
        return
    if _outage_goes_on(context):
        log.info("The run before failed too, so no further e-mail is sent.")
        return
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier
    from airflow.sdk.exceptions import AirflowException

    notifier = SmtpNotifier(
        to=recipients,
        subject=_subject(context),
        html_content=_body(context),
        smtp_conn_id=SMTP_CONNECTION,
    )
    try:
        notifier.notify(cast("Context", context))
    except AirflowException as error:
        log.error(
            "The alert to %s was not sent: %s Check the connection %s under Admin > Connections.",
            ALERT_VARIABLE,
            error,
            SMTP_CONNECTION,
        )


def failure_text(context: Mapping[str, Any]) -> str:
    """Return one readable sentence on the failed task and its error."""
    task = context["task_instance"]
    error = context.get("exception") or "no error was reported; see the task's log"
    return f"{task.dag_id}.{task.task_id} failed in run {task.run_id}: {error}"


def _outage_goes_on(context: Mapping[str, Any]) -> bool:
    before = context["task_instance"].get_previous_dagrun()
    return before is not None and str(getattr(before.state, "value", before.state)) == "failed"


def _subject(context: Mapping[str, Any]) -> str:
    task = context["task_instance"]
    return f"leadsync: {task.dag_id}.{task.task_id} failed"


def _body(context: Mapping[str, Any]) -> str:
    url = getattr(context["task_instance"], "log_url", "")
    link = f'<p><a href="{escape(url)}">Open the log</a></p>' if url else ""
    return f"<p>{escape(failure_text(context))}</p>{link}"
