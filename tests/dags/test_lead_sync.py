"""Whole DAG runs of lead_sync between both stand-ins, by Airflow's own test runner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leadsync_airflow.links import ValidationReportLink
from support.dag_runs import Run, result, runner, states
from support.synced import Synced


@pytest.fixture
def run(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG once."""
    return runner("lead_sync")


def applied(told: dict[str, Any]) -> int:
    return sum(table["applied"] for tables in told["counts"].values() for table in tables.values())


def report_of(dag_run: Any) -> str:
    """Return where the task's link in the UI leads to."""
    task = dag_run.get_task_instance("merge_and_validate")
    link: str = task.xcom_pull(task_ids="merge_and_validate", key=ValidationReportLink().xcom_key)
    return link


def test_edit_on_one_side_is_on_the_other_after_the_next_run(run: Run, synced: Synced) -> None:
    row = synced.new_row(lastname="Ek", jobtitle="CTO", emailaddress1="ek@example.com")
    first = run()
    assert set(states(first).values()) == {"success"}
    assert result(first, "open_cycle")["cycle_id"] in report_of(first)
    person = int(synced.person_of(row)["id"])

    synced.edit_row(row, jobtitle="CIO")
    synced.edit_person(person, phone="+46 8 1")
    run()
    assert synced.person(person)["title"] == "CIO"
    assert synced.row(row)["telephone1"] == "+46 8 1"


def test_run_without_edits_writes_nothing(run: Run, synced: Synced) -> None:
    synced.new_row(lastname="Ek")
    run()
    synced.forget_calls()
    assert applied(result(run())) == 0
    assert synced.record_writes() == 0


def test_windows_of_the_past_change_nothing(run: Run, synced: Synced) -> None:
    person, row = synced.linked(jobtitle="CTO")
    synced.edit_row(row, jobtitle="CIO")
    run()
    cursors = synced.engine.store.cursors()
    synced.forget_calls()
    for minutes in range(5):
        start = datetime.now(UTC) - timedelta(hours=1, minutes=minutes)
        end = start + timedelta(minutes=1)
        past = run(window_from=start.isoformat(), window_to=end.isoformat())
        assert set(states(past).values()) == {"success"}
    assert synced.record_writes() == 0
    assert synced.person(person)["title"] == "CIO"
    assert synced.engine.store.cursors() == cursors


def test_dry_run_lists_the_plan_and_writes_nothing(
    run: Run, synced: Synced, told: list[str]
) -> None:
    """S010; loads are skipped where everybody sees it."""
    row = synced.new_row(lastname="Ek", emailaddress1="ek@example.com")
    dry = run(dry_run=True)
    assert states(dry) | {"load_dynamics": "skipped", "load_marketo": "skipped"} == states(dry)
    assert states(dry)["quarantine_and_commit"] == "success"
    assert result(dry)["counts"]["to_marketo"]["lead"]["created"] == 1
    assert synced.record_writes() == 0
    assert synced.people() == []
    assert [line for line in told if f"lead {row}: lastName, email" in line]
    assert "ek@example.com" not in "".join(told)


def test_configuration_error_fails_at_once_without_retries(
    run: Run, synced: Synced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("fields:\n  - {marketo: titel, lead: jobtitle}\n")
    monkeypatch.setenv("LEADSYNC_MAPPING", str(mapping))
    failed = run()
    assert str(failed.state) == "failed"
    task = failed.get_task_instance("open_cycle")
    assert (str(task.state), task.try_number) == ("failed", 1)


def test_run_after_a_failed_one_need_not_wait_for_its_lease(
    run: Run, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadsync.cycle import stages
    from leadsync.errors import ConfigurationError

    def refuse(*_: Any) -> None:
        raise ConfigurationError("The disk of the staging area is gone.")

    row = synced.new_row(lastname="Ek")
    with monkeypatch.context() as broken:
        broken.setattr(stages, "merge_and_validate", refuse)
        assert str(run().state) == "failed"
    assert str(run().state) == "success"
    assert synced.person_of(row)


def test_staged_frames_are_gone_after_the_run(run: Run, synced: Synced) -> None:
    synced.new_row(lastname="Ek")
    run()
    staging = synced.engine.settings.data / "staging"
    left = [path.relative_to(staging) for path in staging.rglob("*") if path.is_file()]
    assert {path.parts[0] for path in left} == {"reports"}
