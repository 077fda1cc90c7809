"""Whole runs of reconcile and field_backfill between both stand-ins."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.model import Json
from support.dag_runs import Run, result, runner, states
from support.mapped import remap
from support.synced import Synced

#: an activity that will not appear while the test runs.
NEVER = 10_000_000


@pytest.fixture
def reconcile(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG reconcile once."""
    return runner("reconcile")


@pytest.fixture
def field_backfill(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG field_backfill once."""
    return runner("field_backfill")


def told_by(dag_run: Any, task_id: str) -> Json:
    assert str(dag_run.state) == "success", states(dag_run)
    return result(dag_run, task_id)


def test_s121_drift_is_told_and_repaired_where_asked(
    reconcile: Run, synced: Synced, told: list[str]
) -> None:
    person, row = synced.linked(jobtitle="Secret A")
    fields = {"title": "Secret B"}
    synced.marketo.control.edit("update", id=person, fields=fields, lag=NEVER)
    found = told_by(reconcile(repair=False), "compare_all")
    assert (found["compared"], found["drift"], found["repaired"]) == (1, 1, 0)
    assert found["pairs"][0]["fields"] == ["title"]
    assert synced.row(row)["jobtitle"] == "Secret A"

    mended = told_by(reconcile(repair=True), "compare_all")
    assert (mended["drift"], mended["repaired"]) == (1, 1)
    assert synced.row(row)["jobtitle"] == "Secret B"
    assert f"Person {person}, lead {row}: title." in told
    assert "Secret" not in "".join([*told, str(found), str(mended)])
    assert all(
        cycle.run_id and cycle.run_id.startswith("reconcile/")
        for cycle in synced.engine.store.cycles(2)
    )


def test_s120_a_newly_mapped_field_is_brought_up_to_date(
    field_backfill: Run, synced: Synced
) -> None:
    remap(synced, without=("title",))
    person, _ = synced.linked("contact", jobtitle="CTO")
    remap(synced)
    done = told_by(field_backfill(field="title"), "backfill_field")
    assert (done["compared"], done["repaired"]) == (1, 1)
    assert synced.person(person)["title"] == "CTO"


@pytest.mark.parametrize(
    "conf",
    [
        {"field": "titel"},
        {"field": "title", "from": "soon"},
        {"field": "title", "from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
    ],
)
def test_a_wrong_field_or_span_fails_at_once(
    field_backfill: Run, synced: Synced, conf: Json
) -> None:
    task = field_backfill(**conf).get_task_instance("backfill_field")
    assert (str(task.state), task.try_number) == ("failed", 1)
    assert synced.engine.store.cycles() == []
