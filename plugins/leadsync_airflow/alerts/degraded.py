"""Runs that succeed badly: the reasons that the report of the last task gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

#: what follows the first number or colon differs from run to run.
_DETAIL = re.compile(r"[:\d].*", re.DOTALL)


def degraded_reasons(report: object) -> list[str]:
    """Return why a run that succeeded is not well, as its report says; a run without one is."""
    return list(report.get("degraded", ())) if isinstance(report, Mapping) else []


def reasons_by_subject(context: Context) -> dict[str, str]:
    """Return the reasons of the run that this task ends, by the subject of their incidents."""
    task: Any = context["task_instance"]
    reasons = degraded_reasons(task.xcom_pull(task_ids=task.task_id))
    return {f"degraded:{_DETAIL.sub('', reason).strip() or reason}": reason for reason in reasons}
