"""The stages of a cycle as tasks: what every DAG that runs a cycle has in common.

A DAG opens its cycle in a task of its own and hands it to :func:`wire_cycle`. Each level of the
graph costs 0.4 s and each task a process, so there are few.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.sdk import task

from leadsync_airflow import assets, tasks
from leadsync_airflow.links import ValidationReportLink
from leadsync_airflow.tasks import Cycle, Summary

Close = Callable[[Cycle], Summary]


def wire_cycle(cycle: Any, close: Close = tasks.close_cycle) -> None:
    """Add the six tasks that follow the opening of a cycle to the DAG that is being made.

    :param cycle: what the opening task returns.
    :param close: what the last task does.
    """

    @task(
        multiple_outputs=False,
        trigger_rule="none_failed_min_one_success",
        outlets=assets.STATE_WRITTEN,
    )
    def quarantine_and_commit(cycle: Cycle) -> Summary:
        """Store quarantine, deferred rows, the report, and last the cursors."""
        return close(cycle)

    merged: Any = merge_and_validate(cycle)
    merged.operator.operator_extra_links = (ValidationReportLink(),)
    [extract_marketo(cycle), extract_dynamics(cycle)] >> merged
    merged >> [load_dynamics(cycle), load_marketo(cycle)] >> quarantine_and_commit(cycle)


@task(multiple_outputs=False, inlets=assets.MARKETO_READ)
def extract_marketo(cycle: Cycle) -> Summary:
    """Read the persons that changed, are new or were deleted, as Parquet in staging."""
    return tasks.run_stage("extract_marketo", cycle)


@task(multiple_outputs=False, inlets=assets.DYNAMICS_READ)
def extract_dynamics(cycle: Cycle) -> Summary:
    """Follow the delta links of leads and contacts, as Parquet in staging."""
    return tasks.run_stage("extract_dynamics", cycle)


@task(multiple_outputs=False, inlets=assets.STATE_READ)
def merge_and_validate(cycle: Cycle) -> Summary:
    """Decide every changed field and split the outgoing rows with Great Expectations."""
    return tasks.run_stage("merge_and_validate", cycle)


@task(multiple_outputs=False, outlets=assets.DYNAMICS_WRITTEN)
def load_dynamics(cycle: Cycle) -> Summary:
    """Write the accepted changes to Dynamics; skipped in a dry run."""
    return tasks.run_stage("load_dynamics", cycle)


@task(multiple_outputs=False, outlets=assets.MARKETO_WRITTEN)
def load_marketo(cycle: Cycle) -> Summary:
    """Write the accepted changes to Marketo; skipped in a dry run."""
    return tasks.run_stage("load_marketo", cycle)
