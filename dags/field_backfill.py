"""Bring one field up to date for all linked pairs, such as a newly mapped one; nulls included.

| parameter | what |
|---|---|
| `field` | the field's Marketo name, as in the mapping file |
| `from`, `to` | optional: only rows that were created or changed since, or before |

Where both sides differ, the field's rule decides as in every cycle. Other fields are not touched. A
run that fails is gone on with by the next one of the same parameters. It is one task: it runs a
cycle for every 15,000 pairs, between which `lead_sync` gets its turn.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import assets, comparing, params
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
        "field": Param(type="string", minLength=1, description="Marketo name of a mapped field."),
        "from": params.instant("Only rows created or changed since this time."),
        "to": params.instant("Only rows created or changed before this time."),
    },
)
def field_backfill() -> None:
    """Compare and write one field in one task."""

    @task(multiple_outputs=False, inlets=assets.CYCLE_READ, outlets=assets.CYCLE_WRITTEN)
    def backfill_field() -> dict[str, Any]:
        """Read the field on both sides of all pairs and write what the rules decide."""
        return comparing.backfill_field(get_current_context())

    backfill_field()


field_backfill()
