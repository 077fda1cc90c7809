"""The link from a task to the validation report of its cycle, as the Airflow UI shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator


class ValidationReportLink(BaseOperatorLink):
    """Leads to what Great Expectations found in the run's cycle."""

    name = "Validation report"

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:  # noqa: ARG002
        """Return the report's address, or the list of reports when the run has opened no cycle.

        :param ti_key: the task instance that has just ended.
        """
        cycle = ti_key.xcom_pull(task_ids="open_cycle") or {}
        base = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
        return "/".join((f"{base}/leadsync/reports", *filter(None, [cycle.get("cycle_id")])))
