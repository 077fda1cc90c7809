"""Take back what one cycle wrote, field by field, where nobody has changed it since.

| parameter | what |
|---|---|
| `cycle_id` | the cycle, as its report and `leadsync status` name it |
| `dry_run` | only tell what would be taken back, and what would be left alone |

Both sides of a pair end with the value from before the cycle, and stay there: the next cycle has
nothing to do. What somebody has changed since is left alone, and so are creations, deletions,
merges, owners and consents; the result says which and why. The undo is a cycle of its own: undoing
it brings the values back. Clearing the task, or a second run, finishes one that failed. It is one
task: it runs a cycle for every 15,000 pairs, between which `lead_sync` gets its turn.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import assets, comparing
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.defaults import DAGRUN_TIMEOUT, TAGS, default_args


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=DAGRUN_TIMEOUT,
    default_args=default_args(),
    on_failure_callback=run_failure_callbacks(),
    doc_md=__doc__,
    tags=TAGS,
    params={
        "cycle_id": Param(type="string", minLength=1, description="The cycle to take back."),
        "dry_run": Param(False, type="boolean", description="Only tell; write nothing."),
    },
)
def undo_cycle() -> None:
    """Take back one cycle in one task."""

    @task(multiple_outputs=False, inlets=assets.CYCLE_READ, outlets=assets.CYCLE_WRITTEN)
    def undo() -> dict[str, Any]:
        """Read the pairs that the cycle wrote, on both sides, and write the values from before."""
        return comparing.undo(get_current_context())

    undo()


undo_cycle()
