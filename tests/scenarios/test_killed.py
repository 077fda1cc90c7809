"""``kill -9`` in the middle of a cycle, then another run (S007, S027, F01, F03, F18)."""

from __future__ import annotations

import itertools
import os
import signal
from typing import Any

import pytest

from leadsync.dynamics.client import DynamicsClient
from leadsync.marketo.client import MarketoClient
from leadsync.state.store import SqlStateStore
from support.own_process import command_line, run_forked
from support.synced import Synced


def killed_at(owner: type, name: str, nth: int, before: bool) -> None:
    """Run a cycle by the command line, and kill the process around one call of a durable step."""
    step = getattr(owner, name)
    calls = itertools.count(1)

    def killing(*args: Any, **kwargs: Any) -> Any:
        doomed = next(calls) == nth
        if doomed and before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = step(*args, **kwargs)
        if doomed:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, killing)
    command_line("cycle")


@pytest.mark.parametrize(
    ("owner", "name", "nth", "before"),
    [
        (MarketoClient, "deleted_leads", 1, False),
        (MarketoClient, "sync_persons", 1, False),
        (MarketoClient, "sync_persons", 2, False),
        (DynamicsClient, "write_rows", 1, False),
        (SqlStateStore, "apply", 4, True),
        (SqlStateStore, "apply", 6, False),
    ],
)
def test_s007_f01_a_killed_cycle_loses_and_doubles_nothing(
    synced: Synced, owner: type, name: str, nth: int, before: bool
) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="old@example.com")
    synced.edit_person(person, city="Lund")
    synced.edit_row(row, jobtitle="B")
    new = [synced.new_row(lastname="Ny", emailaddress1=f"n{n}@example.com") for n in range(3)]
    nameless = synced.new_row(lastname="Ny")

    killed = run_forked(
        killed_at, owner, name, nth, before, environ={**os.environ, **synced.environ}
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    again = synced.command("cycle", "--json")
    assert again.returncode == 0, again.stderr
    synced.cycle()
    assert len(synced.people()) == 5
    assert synced.person(person)["title"] == "B"
    assert synced.row(row)["address1_city"] == "Lund"
    assert {synced.person_of(each)["lastName"] for each in (*new, nameless)} == {"Ny"}
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
