"""A question to people in Airflow's UI, under *Required Actions*, before much is changed."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator

#: who may answer, by Airflow user id, separated by commas; nobody named: whoever may edit the run.
APPROVERS = "LEADSYNC_APPROVERS"
#: an answer that does not come is a No; shorter than the time-out of a run.
ANSWER_WITHIN = timedelta(hours=4)


def ask(task_id: str, *, subject: str, body: str, doc_md: str) -> ApprovalOperator:
    """Return a task that waits for somebody's answer, without a worker.

    After a No, and when nobody answers within ``ANSWER_WITHIN``, the tasks behind it are skipped.

    :param subject: and ``body`` are Jinja templates; ``body`` is Markdown.
    """
    return ApprovalOperator(
        task_id=task_id,
        subject=subject,
        body=body,
        doc_md=doc_md,
        defaults=ApprovalOperator.REJECT,
        response_timeout=ANSWER_WITHIN,
        assigned_users=approvers() or None,
    )


def approvers() -> list[Any]:
    """Return who may answer, as Airflow's operators take them."""
    named = (name.strip() for name in os.environ.get(APPROVERS, "").split(","))
    return [{"id": name, "name": name} for name in named if name]
