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
| be alerted | set `LEADSYNC_ALERT_EMAIL` and the connection `smtp_default` |

Connections: `marketo_default`, `dynamics_default`, and `leadsync_db` in production.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import tasks
from leadsync_airflow.defaults import DAGRUN_TIMEOUT, TAGS, cycle_timetable, default_args


def instant(description: str) -> Param:
    """Return an optional parameter that holds an instant."""
    return Param(None, type=["null", "string"], format="date-time", description=description)


@dag(
    schedule=cycle_timetable(),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=DAGRUN_TIMEOUT,
    default_args=default_args(),
    doc_md=__doc__,
    tags=TAGS,
    params={
        "dry_run": Param(False, type="boolean", description="Log the plan and write nothing."),
        "window_from": instant("Read again from here; moves no cursor."),
        "window_to": instant("Read again up to here, exclusive."),
    },
)
def lead_sync() -> None:
    """Wire the seven stages of a cycle in five levels."""

    @task(multiple_outputs=False)
    def open_cycle() -> dict[str, Any]:
        """Take the lease, read mapping and schemas, and refuse a mapping that does not fit."""
        return tasks.open_cycle(get_current_context())

    @task(multiple_outputs=False)
    def extract_marketo(cycle: dict[str, Any]) -> dict[str, Any]:
        """Read the persons that changed, are new or were deleted, as Parquet in staging."""
        return tasks.run_stage("extract_marketo", cycle)

    @task(multiple_outputs=False)
    def extract_dynamics(cycle: dict[str, Any]) -> dict[str, Any]:
        """Follow the delta links of leads and contacts, as Parquet in staging."""
        return tasks.run_stage("extract_dynamics", cycle)

    @task(multiple_outputs=False)
    def merge_and_validate(cycle: dict[str, Any]) -> dict[str, Any]:
        """Decide every changed field and split the outgoing rows with Great Expectations."""
        return tasks.run_stage("merge_and_validate", cycle)

    @task(multiple_outputs=False)
    def load_dynamics(cycle: dict[str, Any]) -> dict[str, Any]:
        """Write the accepted changes to Dynamics; skipped in a dry run."""
        return tasks.run_stage("load_dynamics", cycle)

    @task(multiple_outputs=False)
    def load_marketo(cycle: dict[str, Any]) -> dict[str, Any]:
        """Write the accepted changes to Marketo; skipped in a dry run."""
        return tasks.run_stage("load_marketo", cycle)

    @task(multiple_outputs=False, trigger_rule="none_failed")
    def quarantine_and_commit(cycle: dict[str, Any]) -> dict[str, Any]:
        """Store quarantine, deferred rows, the report, and last the cursors."""
        return tasks.close_cycle(cycle)

    cycle: Any = open_cycle()
    merged = merge_and_validate(cycle)
    [extract_marketo(cycle), extract_dynamics(cycle)] >> merged
    merged >> [load_dynamics(cycle), load_marketo(cycle)] >> quarantine_and_commit(cycle)


lead_sync()
