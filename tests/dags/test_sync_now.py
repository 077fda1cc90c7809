"""Whole runs of sync_now between both stand-ins."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle import stages
from leadsync.errors import ConfigurationError
from support.dag_runs import Run, result, runner, states
from support.synced import Synced


@pytest.fixture
def run(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG once."""
    return runner("sync_now")


def test_s013_named_records_are_in_step_after_the_run(
    run: Run, synced: Synced, told: list[str]
) -> None:
    person, row = synced.linked()
    other, other_row = synced.linked(lastname="Berg")
    synced.edit_person(person, title="CTO")
    synced.edit_row(other_row, address1_city="Lund")
    synced.edit_row(row, address1_city="Lund")
    cursors = synced.engine.store.cursors()
    done = run(marketo_ids=[person])
    assert set(states(done).values()) == {"success"}
    assert synced.row(row)["jobtitle"] == "CTO"
    assert synced.person(person)["city"] == "Lund"
    assert synced.person(other)["city"] is None
    assert synced.engine.store.cursors() == cursors
    assert result(done)["outcomes"] == {"synced": 1}
    assert result(done)["counts"]["to_dynamics"]["lead"]["updated"] == 1
    assert f"Person {person}: synced, lead {row}." in told


def test_rows_are_named_by_table_and_guid(run: Run, synced: Synced) -> None:
    row = synced.new_row(lastname="Ek")
    done = run(dynamics_ids=[f"lead:{{{row.upper()}}}"])
    assert [answer["outcome"] for answer in result(done)["requests"]] == ["created"]
    assert synced.person_of(row)["lastName"] == "Ek"


def test_records_that_are_not_there_are_named_and_fail_nothing(run: Run, synced: Synced) -> None:
    person = synced.new_person(lastName="Ek")
    gone = "lead:10000000-0000-4000-8000-00000000beef"
    done = run(marketo_ids=[person, 4711], dynamics_ids=[gone])
    assert str(done.state) == "success"
    outcomes = [answer["outcome"] for answer in result(done)["requests"]]
    assert outcomes == ["refused", "refused", "missing"]


def test_a_run_that_names_nothing_fails_at_once(run: Run, synced: Synced) -> None:
    failed = run()
    task = failed.get_task_instance("open_cycle")
    assert (str(task.state), task.try_number) == ("failed", 1)
    assert synced.engine.store.current_lease("cycle") is None


def test_a_failed_run_of_another_dag_does_not_keep_the_lease(
    run: Run, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise ConfigurationError("The disk of the staging area is gone.")

    person, row = synced.linked()
    with monkeypatch.context() as broken:
        broken.setattr(stages, "merge_and_validate", refuse)
        assert str(run(marketo_ids=[person]).state) == "failed"
    lease = synced.engine.store.current_lease("cycle")
    assert lease is not None
    assert lease[0].owner.startswith("sync_now/")
    synced.edit_row(row, jobtitle="CIO")
    assert str(runner("lead_sync")().state) == "success"
    assert synced.person(person)["title"] == "CIO"
    assert synced.engine.store.requests(waiting=True) == []
