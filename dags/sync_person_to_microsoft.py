"""Create Dynamics leads or contacts for Marketo persons, in seconds.

The flow action "Sync Person to Microsoft": a person without a row gets one, or is linked to the row
that has its e-mail address. A person that is linked already is left alone.

Marketo's calls (the flow step and the webhook under `/leadsync`) start it within a second: a run
answers all that wait. A run that somebody triggers can name persons:

| parameter | what |
|---|---|
| `person_ids` | Marketo person ids, up to 1,000; empty: the calls that wait |
| `action` | `sync_person` (default), or `change_owner`, which also assigns rows that exist |
| `sync_as` | `lead` (default) or `contact` |
| `assign_to` | owner: id, user name or e-mail address; empty: the default owner |

The result and the log say what became of each person. A person that cannot be created is refused or
quarantined with its reason; that fails nobody else, and not the run. Clearing the task does not ask
twice: it goes on where it stopped. To ask again, trigger a new run.

The run takes turns with `lead_sync`. It is one task and not seven, because with few persons nearly
all its time would be the start of tasks.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import assets, params, requested
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.call_asset import waiting_calls
from leadsync_airflow.defaults import DAGRUN_TIMEOUT, TAGS, default_args


@dag(
    schedule=[waiting_calls()],
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=DAGRUN_TIMEOUT,
    default_args=default_args(),
    on_failure_callback=run_failure_callbacks(),
    doc_md=__doc__,
    tags=TAGS,
    params={
        "person_ids": params.persons("Such as [1001, 1002]; empty: answer Marketo's calls."),
        "action": Param("sync_person", type="string", enum=["sync_person", "change_owner"]),
        "sync_as": Param("lead", type="string", enum=["lead", "contact"]),
        "assign_to": Param(
            None,
            type=["null", "string"],
            description="Owner, by id, user name or e-mail address.",
        ),
    },
)
def sync_person_to_microsoft() -> None:
    """Run a whole cycle on the named persons in one task."""

    @task(multiple_outputs=False, inlets=assets.CYCLE_READ, outlets=assets.CYCLE_WRITTEN)
    def sync_persons() -> dict[str, Any]:
        """Store the requests, answer them in a cycle of their own, and return the answers."""
        return requested.sync_persons(get_current_context())

    sync_persons()


sync_person_to_microsoft()
