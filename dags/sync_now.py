"""Synchronise named persons and rows at once, whether or not they have changed.

Both sides of each record are read and brought in step by the same rules as in `lead_sync`; nothing
else is touched, and no cursor moves.

| parameter | what |
|---|---|
| `marketo_ids` | Marketo person ids |
| `dynamics_ids` | rows as `TABLE:GUID`, such as `lead:7eb682f1-ca75-e511-80d4-00155d2a68d1` |

The last task's result and log say what became of each record. A person without a row is refused:
`sync_person_to_microsoft` makes or finds one. Clearing a task does not ask twice; to force the
records once more, trigger a new run. Runs take turns with `lead_sync`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, get_current_context, task

from leadsync_airflow import params, requested
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.cycle_dag import wire_cycle
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
        "marketo_ids": params.persons("Marketo person ids, such as [1001, 1002]."),
        "dynamics_ids": params.rows("Dynamics rows as TABLE:GUID, one a line."),
    },
)
def sync_now() -> None:
    """Wire the seven stages of a cycle that works on named records."""

    @task(multiple_outputs=False)
    def open_cycle() -> dict[str, Any]:
        """Store what is asked for, take the lease, and open a cycle on it."""
        return requested.open_sync_now(get_current_context())

    wire_cycle(open_cycle(), close=requested.close_sync_now)


sync_now()
