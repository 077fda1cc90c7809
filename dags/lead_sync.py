"""Keep Marketo persons and Dynamics 365 leads and contacts in step.

One run is one **cycle**: read what changed on both sides, decide field by field, check what would
be written, write it, and only then move the cursors. Running it again writes nothing twice.

| you want to | do this |
|---|---|
| see what a cycle would write | trigger with `dry_run` |
| sync now | trigger without parameters |
| read a past range again | *Backfill*, or trigger with `window_from` and `window_to` |
| repeat a failed cycle | clear its failed tasks, or wait: the next run carries on |
| run more or less often | set `LEADSYNC_SCHEDULE` (cron, UTC) |
| be alerted | set `LEADSYNC_ALERT_EMAIL` or `LEADSYNC_ALERT_APPRISE` (README) |

Connections: `marketo_default`, `dynamics_default`, and `leadsync_db` in production.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import params, tasks
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.alerts.deadline import deadline_alert
from leadsync_airflow.cycle_dag import wire_cycle
from leadsync_airflow.defaults import DAGRUN_TIMEOUT, TAGS, cycle_timetable, default_args


@dag(
    schedule=cycle_timetable(),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=DAGRUN_TIMEOUT,
    deadline=deadline_alert(),
    default_args=default_args(),
    on_failure_callback=run_failure_callbacks(),
    doc_md=__doc__,
    tags=TAGS,
    params={
        "dry_run": Param(False, type="boolean", description="Log the plan and write nothing."),
        "window_from": params.instant("Read again from here; moves no cursor."),
        "window_to": params.instant("Read again up to here, exclusive."),
    },
)
def lead_sync() -> None:
    """Wire the seven stages of a cycle in five levels."""

    @task(multiple_outputs=False)
    def open_cycle() -> dict[str, Any]:
        """Take the lease, read mapping and schemas, and refuse a mapping that does not fit."""
        return tasks.open_cycle(get_current_context())

    wire_cycle(open_cycle())


lead_sync()
