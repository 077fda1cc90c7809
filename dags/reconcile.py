"""Compare all linked pairs of both systems field by field, and repair what differs.

An ordinary cycle first brings over what has changed. Then all pairs are read and compared by
hashes. A pair that still differs has drifted, such as by a restored backup or a lost activity; the
mapping's rules decide it like any change. The result and the log name the pairs and fields.

Runs daily at 02:00 UTC while it is not paused; it is paused at first, because it reads every linked
pair (docs/api-calls.md). Trigger it without `repair` to be told only. It is one task; `lead_sync`
runs while it reads, and between the cycles that it runs for pairs that differ.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import CronDataIntervalTimetable, Param, dag, get_current_context, task

from leadsync_airflow import assets, comparing
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.defaults import DAGRUN_TIMEOUT, TAGS, default_args


@dag(
    schedule=CronDataIntervalTimetable("0 2 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    dagrun_timeout=DAGRUN_TIMEOUT,
    default_args=default_args(),
    on_failure_callback=run_failure_callbacks(),
    doc_md=__doc__,
    tags=TAGS,
    params={"repair": Param(True, type="boolean", description="Write, or only tell.")},
)
def reconcile() -> None:
    """Compare everything in one task."""

    @task(multiple_outputs=False, inlets=assets.CYCLE_READ, outlets=assets.CYCLE_WRITTEN)
    def compare_all() -> dict[str, Any]:
        """Read both sides of all linked pairs and write what the rules decide."""
        return comparing.reconcile(get_current_context())

    compare_all()


reconcile()
