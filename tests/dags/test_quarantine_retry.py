"""Whole runs of quarantine_retry between both stand-ins, with somebody who answers."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.review.retry import Retry
from support.approvals import answering
from support.dag_runs import Run, result, runner, states
from support.synced import Synced

RETRY = "retry_items"
TOO_LONG = "x" * 60


@pytest.fixture
def run(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG once."""
    return runner("quarantine_retry")


def held(synced: Synced) -> tuple[int, str, str]:
    """A person whose change Dynamics has refused once: both ids, and the item's."""
    person, row = synced.linked()
    plugin = {"table": "lead", "message": "update", "when": {"jobtitle": "Secret"}, "abort": "No"}
    synced.dynamics.control.settings(plugins=[plugin])
    synced.edit_person(person, title="Secret")
    synced.cycle()
    synced.dynamics.control.settings(plugins=[])
    (item,) = synced.held()
    return person, row, item["id"]


def outcomes(dag_run: Any) -> list[str]:
    assert str(dag_run.state) == "success", states(dag_run)
    return [item["status"] for item in result(dag_run, RETRY)["items"]]


def test_a_named_row_is_tried_at_once_and_told_without_its_values(
    run: Run, synced: Synced, told: list[str]
) -> None:
    person, row, item = held(synced)
    cursors = synced.engine.store.cursors()
    done = run(ids=[item])
    assert outcomes(done) == ["recovered"]
    assert synced.row(row)["jobtitle"] == "Secret"
    assert states(done)["approve_release"] == "skipped"
    assert f"{item}, person {person}, lead {row}: recovered." in told
    assert "Secret" not in "".join([*told, str(result(done, RETRY))])
    assert synced.engine.store.cursors() == cursors
    released = synced.engine.store.quarantine_events([item])[1]
    assert released["actor"] is not None
    assert "quarantine_retry/" in released["actor"]


def test_a_filter_chooses_and_what_fails_again_names_its_rules(run: Run, synced: Synced) -> None:
    person, _ = synced.linked()
    synced.edit_person(person, title=TOO_LONG, firstName=TOO_LONG)
    synced.new_row(lastname="Ek", emailaddress1="no address")
    synced.cycle()
    assert len(synced.held()) == 2
    done = run(direction="to_dynamics", field="firstname")
    (item,) = result(done, RETRY)["items"]
    assert (item["status"], item["marketo_id"]) == ("open", person)
    assert "firstname" in item["rules"]
    assert TOO_LONG not in str(item)


@pytest.mark.parametrize(("option", "ends"), [("Approve", "recovered"), ("Reject", "open")])
def test_a_large_release_asks_first_and_a_no_releases_nothing(
    run: Run, synced: Synced, option: str, ends: str
) -> None:
    _, _, item = held(synced)
    with answering(option) as asked:
        done = run(source="server", approve_above=0)
    assert str(done.state) == "success"
    assert asked[0].startswith("Release 1 rows of the quarantine?")
    assert "1 x to dynamics, lead" in asked[0]
    assert states(done)[RETRY] == ("success" if option == "Approve" else "skipped")
    store = synced.engine.store
    assert store.quarantine(ids=[item])[0]["status"] == ends
    actors = [event["actor"] for event in store.quarantine_events([item]) if event["actor"]]
    assert [actor.rpartition(", ")[2] for actor in actors] == ["approved by anna"] * (
        option == "Approve"
    )


def test_a_run_that_names_nothing_tries_what_is_released(run: Run, synced: Synced) -> None:
    _, row, item = held(synced)
    assert result(run(), RETRY)["items"] == []
    engine = synced.engine
    Retry(engine, "x", "Åsa").release([item])
    assert outcomes(run()) == ["recovered"]
    assert synced.row(row)["jobtitle"] == "Secret"


@pytest.mark.parametrize("conf", [{"ids": ["nothing"]}, {"ids": ["a"], "rule": "format"}])
def test_a_wrong_choice_fails_at_once(run: Run, synced: Synced, conf: dict[str, Any]) -> None:
    task = run(**conf).get_task_instance("select_items")
    assert (str(task.state), task.try_number) == ("failed", 1)
    assert synced.engine.store.cycles() == []
