"""Whole runs of sync_person_to_microsoft between both stand-ins."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.cycle import stages
from leadsync.cycle.context import LEASE_NAME
from leadsync.errors import QuotaSpentError
from leadsync.model import Json
from support.dag_runs import Run, result, runner, states
from support.synced import Synced

TASK = "sync_persons"


@pytest.fixture
def run(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG once."""
    return runner("sync_person_to_microsoft")


def answers(dag_run: Any) -> list[Json]:
    assert str(dag_run.state) == "success", states(dag_run)
    listed: list[Json] = result(dag_run, TASK)["requests"]
    return listed


def test_s011_a_person_becomes_one_linked_lead_in_one_run(
    run: Run, synced: Synced, told: list[str]
) -> None:
    person = synced.new_person(lastName="Ek", email="ek@example.com")
    (answer,) = answers(run(person_ids=[person]))
    row = synced.row(answer["dynamics_id"])
    assert (answer["outcome"], answer["table"]) == ("created", "lead")
    assert (row["lastname"], row["new_marketoid"]) == ("Ek", person)
    assert synced.person(person)["leadsyncDynamicsType"] == "Lead"
    assert [line for line in told if line.startswith(f"Person {person}: created, lead")]
    assert "Ek" not in "".join(told)
    assert "ek@example.com" not in "".join(told)


def test_s012_a_linked_person_is_told_so_and_left_alone(run: Run, synced: Synced) -> None:
    person, row = synced.linked()
    synced.forget_calls()
    (answer,) = answers(run(person_ids=[person]))
    assert (answer["outcome"], answer["dynamics_id"]) == ("already_linked", row)
    assert synced.record_writes() == 0


def test_s014_a_contact_is_made_where_one_is_wanted(run: Run, synced: Synced) -> None:
    person = synced.new_person(lastName="Ek")
    (answer,) = answers(run(person_ids=[str(person)], sync_as="contact"))
    assert answer["table"] == "contact"
    assert synced.row(answer["dynamics_id"], "contact")["lastname"] == "Ek"


def test_s029_single_persons_that_fail_do_not_fail_the_run(
    run: Run, synced: Synced, told: list[str]
) -> None:
    good = synced.new_person(lastName="Ek")
    nameless = synced.new_person(email="nameless@example.com")
    done = run(person_ids=[nameless, good, 4711, good])
    assert [answer["outcome"] for answer in answers(done)] == ["quarantined", "created", "missing"]
    assert result(done, TASK)["outcomes"] == {"created": 1, "missing": 1, "quarantined": 1}
    assert "Asked for 3 records: created 1, missing 1, quarantined 1." in told
    assert "nameless@example.com" not in "".join(told)


def test_an_unknown_owner_is_refused_without_naming_the_address(
    run: Run, synced: Synced, told: list[str]
) -> None:
    person = synced.new_person(lastName="Ek")
    (answer,) = answers(run(person_ids=[person], assign_to="nobody@example.com"))
    assert answer["outcome"] == "refused"
    assert "there is no Dynamics user" in answer["message"]
    assert "nobody@example.com" not in answer["message"] + "".join(told)


def test_s026_a_task_that_runs_again_does_not_ask_twice(
    run: Run, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadsync_airflow import requested

    contexts: list[Any] = []
    once = requested.sync_persons

    def twice(context: Any) -> Any:
        contexts.append(context)
        return [once(context), once(context)][1]

    monkeypatch.setattr(requested, "sync_persons", twice)
    person = synced.new_person(lastName="Ek")
    (answer,) = answers(run(person_ids=[person]))
    assert answer["outcome"] == "created"
    assert len(synced.dynamics.control.records("lead")) == 1
    assert len(synced.engine.store.cycles()) == 1


def test_what_fails_leaves_its_request_to_the_next_cycle(
    run: Run, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_dry(*_: Any) -> None:
        raise QuotaSpentError("the day's calls are used up", system="dynamics", call="POST $batch")

    person = synced.new_person(lastName="Ek")
    with monkeypatch.context() as broken:
        broken.setattr(stages, "load_dynamics", run_dry)
        assert str(run(person_ids=[person]).state) == "failed"
    assert len(synced.engine.store.requests(waiting=True)) == 1
    assert synced.engine.store.current_lease(LEASE_NAME) is None
    synced.cycle()
    assert synced.engine.store.requests(waiting=True) == []
    (row,) = synced.dynamics.control.records("lead")
    assert row["new_marketoid"] == person


def test_answers_of_another_cycle_are_returned(
    run: Run, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduled cycle that gets the lease first answers what is stored."""
    from leadsync_airflow import asking

    store_once = asking.store_once

    def overtaken(*arguments: Any) -> Any:
        stored = store_once(*arguments)
        synced.cycle()
        return stored

    monkeypatch.setattr(asking, "store_once", overtaken)
    person = synced.new_person(lastName="Ek")
    done = run(person_ids=[person])
    assert [answer["outcome"] for answer in answers(done)] == ["created"]
    assert result(done, TASK)["cycle_id"] == synced.reports[-1]["cycle_id"]
    assert len(synced.engine.store.cycles()) == 1
