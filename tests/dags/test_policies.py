"""What every DAG of the repository promises: it parses, is owned, bounded, alerting, documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions.timetables.assets import AssetTriggeredTimetable

from leadsync_airflow.alerts.callbacks import note_run_failure, note_success, note_task_failure
from leadsync_airflow.defaults import RETRY_POLICY, TAGS

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
FILES = sorted(DAGS_FOLDER.glob("*.py"))


def tasks(dagbag: DagBag) -> Iterator[Any]:
    for dag in dagbag.dags.values():
        yield from dag.tasks


def test_all_files_import(dagbag: DagBag) -> None:
    assert dagbag.import_errors == {}
    assert dagbag.dags


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_file_is_thin(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) < 100
    statements = [type(node) for node in ast.walk(ast.parse(text))]
    assert not {ast.If, ast.For, ast.While, ast.Try} & set(statements)


def test_dags_are_documented_tagged_and_bounded(dagbag: DagBag) -> None:
    for dag in dagbag.dags.values():
        assert dag.doc_md, dag.dag_id
        assert set(TAGS) <= set(dag.tags), dag.dag_id
        assert dag.dagrun_timeout, dag.dag_id
        assert not dag.catchup, dag.dag_id
        assert dag.max_active_runs == 1, dag.dag_id
        assert dag.owner == "leadsync", dag.dag_id


def test_dags_tell_of_runs_that_airflow_ends(dagbag: DagBag) -> None:
    for dag in dagbag.dags.values():
        assert isinstance(dag.on_failure_callback, list), dag.dag_id
        assert note_run_failure in dag.on_failure_callback, dag.dag_id


def runs_by_the_clock(dag: Any) -> bool:
    timetable = dag.timetable
    return bool(timetable.can_be_scheduled and not isinstance(timetable, AssetTriggeredTimetable))


def test_dags_that_somebody_calls_are_ready_and_others_wait_for_people(dagbag: DagBag) -> None:
    """A run of a paused DAG that somebody triggers would never start."""
    paused = {dag_id: dag.is_paused_upon_creation for dag_id, dag in dagbag.dags.items()}
    called = {d for d, dag in dagbag.dags.items() if not runs_by_the_clock(dag)}
    assert {d for d, value in paused.items() if value is False} == called
    assert "sync_person_to_microsoft" in called
    assert paused["reconcile"]


def test_tasks_are_owned_documented_bounded_and_alerting(dagbag: DagBag) -> None:
    for task in tasks(dagbag):
        assert task.owner == "leadsync", task
        assert task.doc_md, task
        assert task.retries > 0, task
        assert task.retry_policy is RETRY_POLICY, task
        assert timedelta(0) < task.execution_timeout <= timedelta(hours=2), task
        assert note_task_failure in task.on_failure_callback, task
        assert note_success in task.on_success_callback, task


def test_configured_channels_hear_of_every_task_and_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com")
    monkeypatch.setenv("LEADSYNC_ALERT_APPRISE", "chat, pager")
    bag = DagBag(str(DAGS_FOLDER), collect_dags=True)
    expected = ["email:smtp_default", "apprise:chat", "apprise:pager"]
    for dag in bag.dags.values():
        assert channels(dag.on_failure_callback) == expected, dag.dag_id
        for task in dag.tasks:
            assert channels(task.on_failure_callback) == expected, task
            assert channels(task.on_success_callback) == expected, task


def channels(callbacks: Any) -> list[str]:
    return [one.channel.name for one in callbacks if hasattr(one, "channel")]


def test_no_task_touches_two_dags_in_one_file(dagbag: DagBag) -> None:
    files = [dag.fileloc for dag in dagbag.dags.values()]
    assert len(files) == len(set(files))


def levels(dag: Any) -> int:
    """Return the number of tasks on the longest path."""
    depth: dict[str, int] = {}
    for task in dag.topological_sort():
        depth[task.task_id] = 1 + max((depth[up] for up in task.upstream_task_ids), default=0)
    return max(depth.values())


@pytest.mark.parametrize("dag_id", ["lead_sync", "sync_now"])
def test_cycle_has_seven_tasks_in_five_levels(dagbag: DagBag, dag_id: str) -> None:
    """Each level costs 0.4 s and each task a process (reference/airflow-gx.md 2)."""
    dag = dagbag.dags[dag_id]
    assert len(dag.tasks) == 7
    assert levels(dag) == 5


def test_cycle_gives_every_run_a_data_interval(dagbag: DagBag) -> None:
    timetable = dagbag.dags["lead_sync"].timetable
    assert type(timetable).__name__ == "CronDataIntervalTimetable"


@pytest.mark.parametrize("dag_id", ["sync_person_to_microsoft", "reconcile", "field_backfill"])
def test_dags_that_run_whole_cycles_have_one_task(dagbag: DagBag, dag_id: str) -> None:
    assert len(dagbag.dags[dag_id].tasks) == 1


@pytest.mark.parametrize("dag_id", ["lead_sync", "sync_now"])
def test_loads_wait_for_both_extracts_and_the_checks(dagbag: DagBag, dag_id: str) -> None:
    dag = dagbag.dags[dag_id]
    for load in ("load_dynamics", "load_marketo"):
        before = dag.get_task(load).get_flat_relative_ids(upstream=True)
        assert before == {"open_cycle", "extract_marketo", "extract_dynamics", "merge_and_validate"}
    commit = dag.get_task("quarantine_and_commit")
    assert {"load_dynamics", "load_marketo"} <= commit.upstream_task_ids
    assert not commit.downstream_task_ids


def test_a_retry_asks_only_before_it_releases_and_goes_on_without_the_question(
    dagbag: DagBag,
) -> None:
    dag = dagbag.dags["quarantine_retry"]
    question: Any = dag.get_task("approve_release")
    retry: Any = dag.get_task("retry_items")
    assert question.upstream_task_ids == {"ask_if_many"}
    assert retry.upstream_task_ids == {"select_items", "ask_if_many", "approve_release"}
    assert retry.trigger_rule == "none_failed_min_one_success"
    assert question.defaults == ["Reject"]
    assert question.response_timeout < dag.dagrun_timeout


def test_tasks_that_touch_a_system_say_so(dagbag: DagBag) -> None:
    """Airflow's asset graph shows what each DAG reads and writes."""
    for dag in dagbag.dags.values():
        read = {asset.name for task in dag.tasks for asset in task.inlets}
        written = {asset.name for task in dag.tasks for asset in task.outlets}
        assert {"marketo/persons", "dynamics365/lead", "dynamics365/contact"} <= read, dag.dag_id
        assert {"marketo/persons", "dynamics365/lead", "leadsync/quarantine"} <= written, dag.dag_id


def test_cycle_alerts_when_it_is_late(dagbag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dagbag.dags["lead_sync"].deadline is None
    monkeypatch.setenv("LEADSYNC_DEADLINE_MINUTES", "30")
    deadlines: Any = DagBag(str(DAGS_FOLDER / "lead_sync.py")).dags["lead_sync"].deadline
    (deadline,) = deadlines
    assert deadline.callback.path == "leadsync_airflow.alerts.deadline.tell_late"


@pytest.mark.parametrize("task_id", ["extract_marketo", "extract_dynamics", "load_partition"])
def test_first_load_is_mapped_and_its_parts_have_names_and_bounds(
    dagbag: DagBag, task_id: str
) -> None:
    mapped: Any = dagbag.dags["lead_sync_initial"].get_task(task_id)
    assert mapped.is_mapped
    assert mapped.map_index_template
    assert 0 < mapped.max_active_tis_per_dagrun <= 4
