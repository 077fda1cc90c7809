"""Whole runs of the first load between both stand-ins, with mapped tasks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from leadsync.marketo import bulk_extract
from leadsync.model import Json
from support.dag_runs import Run, result, runner, states
from support.synced import Synced

#: before anybody was made: one window.
SINCE = "2026-11-01T00:00:00Z"


@pytest.fixture
def initial(metadata: None, synced: Synced, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the DAG lead_sync_initial once; exports take no time."""
    hurry = {"export_queue_seconds": 0.0, "export_run_seconds": 0.0, "status_refresh_seconds": 0.0}
    synced.marketo.control.settings(**hurry)
    monkeypatch.setattr(bulk_extract, "POLL_SECONDS", 0.0)
    return runner("lead_sync_initial")


def test_mapped_tasks_link_what_exists_on_both_sides(
    initial: Run, synced: Synced, told: list[str]
) -> None:
    people = [synced.new_person(lastName="Ek", email=f"p{n}@example.com") for n in range(3)]
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"p{n}@example.com") for n in range(4)]
    foreseen = run(initial, dry_run=True)
    assert [person["leadsyncDynamicsId"] for person in synced.people()] == [None] * 3
    report = run(initial, dry_run=False)
    assert foreseen["counts"] == report["counts"]
    assert report["counts"]["to_marketo"]["lead"]["updated"] == 3
    assert report["counts"]["to_marketo"]["lead"]["created"] == 1
    assert [int(synced.person_of(row)["id"]) for row in rows[:3]] == people
    assert len(synced.people()) == 4
    assert "example.com" not in "".join(told)


def run(initial: Run, **conf: Any) -> Json:
    """Run the DAG and return what its last task returned."""
    dag_run = initial(partitions=2, since=SINCE, **conf)
    assert str(dag_run.state) == "success", states(dag_run)
    mapped = Counter(task.task_id for task in dag_run.get_task_instances())
    assert mapped["load_partition"] == 2
    assert mapped["extract_dynamics"] == 3
    return result(dag_run, "finish_load")
