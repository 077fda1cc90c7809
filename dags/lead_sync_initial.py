"""Link and load everything that exists on both sides, once, before `lead_sync` takes over.

Whoever has the same stored id or e-mail address is linked; rows without a person become persons;
persons without a row stay as they are. Nothing is made twice, and a second run changes nothing.

| parameter | what |
|---|---|
| `dry_run` | tell what would be written, with samples and the calls that it takes; write nothing |
| `partitions` | into how many parts the work is divided; empty: 10,000 rows each |
| `since` | no person is older; empty: found out |

Run it with `dry_run` first; what it has read is used again. Clear a task that failed: nothing that
is finished is repeated. When the run failed, such as by Marketo's 500 MB a day, trigger it again.
Runs of `lead_sync` are skipped meanwhile and go on where it began to read (docs/first-load.md).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from leadsync_airflow import assets, initial, params
from leadsync_airflow.alerts.callbacks import run_failure_callbacks
from leadsync_airflow.defaults import TAGS, default_args


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(days=5),
    default_args=default_args(),
    on_failure_callback=run_failure_callbacks(),
    doc_md=__doc__,
    tags=TAGS,
    params={
        "dry_run": Param(False, type="boolean", description="Tell, and write nothing."),
        "partitions": Param(None, type=["null", "integer"], minimum=1, maximum=1000),
        "since": params.instant("No person of Marketo is older than this."),
    },
)
def lead_sync_initial() -> None:
    """Wire the load: windows and tables side by side, then partitions side by side."""

    @task(multiple_outputs=False)
    def open_load() -> dict[str, Any]:
        """Take the lease and fix where the feeds begin, before anything is read."""
        return initial.open_load(get_current_context())

    @task
    def list_windows(load: dict[str, Any]) -> list[dict[str, str]]:
        """List the times of at most 31 days that one export each reads."""
        return initial.windows(load)

    @task
    def list_tables(load: dict[str, Any]) -> list[str]:
        """List leads, contacts, and what they refer to."""
        return initial.tables(load)

    @initial.mapped("Export persons to staging.", at_once=3, inlets=assets.MARKETO_READ)
    def extract_marketo(load: dict[str, Any], window: dict[str, str]) -> dict[str, Any]:
        """Export the persons that were made in 31 days, as Parquet in staging."""
        return initial.extract_persons(get_current_context(), load, window)

    @initial.mapped("Read a table to staging.", at_once=3, inlets=assets.DYNAMICS_READ)
    def extract_dynamics(load: dict[str, Any], table: str) -> dict[str, Any]:
        """Read a table page by page, as Parquet in staging, with its delta link."""
        return initial.extract_rows(get_current_context(), load, table)

    @task
    def divide(load: dict[str, Any]) -> list[int]:
        """Divide what was read into partitions."""
        return initial.divide(load)

    @initial.mapped("Merge and write a partition.", at_once=4, outlets=assets.CYCLE_WRITTEN)
    def load_partition(load: dict[str, Any], partition: int) -> dict[str, Any]:
        """Match, merge, check, write and commit one partition."""
        return initial.load_partition(get_current_context(), load, partition)

    @task(multiple_outputs=False)
    def finish_load(load: dict[str, Any]) -> dict[str, Any]:
        """Add up the partitions, store the cursors, and give the lease back."""
        return initial.finish_load(load)

    load: Any = open_load()
    persons = extract_marketo.partial(load=load).expand(window=list_windows(load))
    rows = extract_dynamics.partial(load=load).expand(table=list_tables(load))
    divided = divide(load)
    [persons, rows] >> divided
    load_partition.partial(load=load).expand(partition=divided) >> finish_load(load)


lead_sync_initial()
