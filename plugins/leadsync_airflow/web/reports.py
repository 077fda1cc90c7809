"""Validation reports of cycles: Great Expectations' Data Docs, kept by cycle.

They hold rules, counts and shares, but no value and no id of a record. Who may read the DAG may
read its reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import HTMLResponse

if TYPE_CHECKING:
    from leadsync.staging.store import Staging

may_read = requires_access_dag("GET", param_dag_id="lead_sync")

router = APIRouter(
    prefix="/reports",
    dependencies=[Depends(may_read)],
    default_response_class=HTMLResponse,
)

CycleId = Annotated[str, Path(pattern=r"^\d{8}T\d{6}-[0-9a-z-]{1,8}$")]


@router.get("")
def list_reports() -> str:
    """Show which cycles have a report, newest first."""
    from leadsync.data_docs.overview import cycles_page

    return cycles_page(_archive().cycles())


@router.get("/{cycle_id}")
def show_cycle(cycle_id: CycleId) -> str:
    """Show what each suite of a cycle came to."""
    from leadsync.data_docs.overview import cycle_page

    return cycle_page(cycle_id, _results(cycle_id))


@router.get("/{cycle_id}/{number}")
def show_suite(cycle_id: CycleId, number: Annotated[int, Path(ge=1)]) -> str:
    """Show one suite's validation as Data Docs show it, by its number in the cycle."""
    from leadsync.data_docs.render import render_validation

    results = _results(cycle_id)
    if number > len(results):
        raise HTTPException(404, f"Cycle {cycle_id} has no suite {number}.")
    return render_validation(results[number - 1])


def _archive() -> Staging:
    from leadsync.data_docs.archive import open_archive
    from leadsync.settings import load_settings

    return open_archive(load_settings())


def _results(cycle_id: str) -> list[dict[str, Any]]:
    from leadsync.data_docs.archive import results_of

    results = results_of(_archive(), cycle_id)
    if results is None:
        raise HTTPException(404, f"There is no report of cycle {cycle_id}.")
    return results
