"""Whole runs of undo_cycle between both stand-ins."""

from __future__ import annotations

import pytest

from support.dag_runs import Run, result, runner, states
from support.synced import Synced


@pytest.fixture
def undo_cycle(metadata: None, synced: Synced) -> Run:
    """Return a function that runs the DAG once."""
    return runner("undo_cycle")


def test_a_cycle_is_previewed_and_then_taken_back_without_a_value_in_the_log(
    undo_cycle: Run, synced: Synced, told: list[str]
) -> None:
    person, row = synced.linked(emailaddress1="a@x.com", jobtitle="Secret A")
    synced.edit_person(person, title="Secret B")
    cycle_id = synced.cycle()["cycle_id"]
    preview = undo_cycle(cycle_id=cycle_id, dry_run=True)
    assert str(preview.state) == "success", states(preview)
    assert result(preview, "undo")["pairs"][0]["fields"] == ["title"]
    assert synced.row(row)["jobtitle"] == "Secret B"

    done = result(undo_cycle(cycle_id=cycle_id, dry_run=False), "undo")
    assert (done["undone"], done["left"]) == (1, 0)
    assert synced.row(row)["jobtitle"] == synced.person(person)["title"] == "Secret A"
    assert "Secret" not in "".join([*told, str(done)])

    again = result(undo_cycle(cycle_id=cycle_id, dry_run=False), "undo")
    assert (again["undone"], again["left"]) == (0, 1)
    assert any("the old value is back already" in line for line in told)
