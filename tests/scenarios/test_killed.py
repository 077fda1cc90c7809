"""``kill -9`` in the middle of a cycle, then another run (S007, S027, F01, F03, F18)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from support.synced import Synced

#: Runs the command line, and kills the process around one call of a durable step.
KILLED = """
import os, signal, sys
{imports}
step, count = {target}, [0]
def killing(*args, **kwargs):
    count[0] += 1
    if {before} and count[0] == {nth}:
        os.kill(os.getpid(), signal.SIGKILL)
    result = step(*args, **kwargs)
    if not {before} and count[0] == {nth}:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
{target} = killing
sys.argv = ["leadsync", "cycle"]
from leadsync.cli.main import main
main()
"""
STORE = ("from leadsync.state.store import SqlStateStore", "SqlStateStore.apply")
MARKETO = ("from leadsync.marketo.client import MarketoClient", "MarketoClient.sync_persons")
DYNAMICS = ("from leadsync.dynamics.client import DynamicsClient", "DynamicsClient.write_rows")
FEED = ("from leadsync.marketo.client import MarketoClient", "MarketoClient.deleted_leads")


@pytest.mark.parametrize(
    ("where", "nth", "before"),
    [
        (FEED, 1, False),
        (MARKETO, 1, False),
        (MARKETO, 2, False),
        (DYNAMICS, 1, False),
        (STORE, 4, True),
        (STORE, 6, False),
    ],
)
def test_s007_f01_a_killed_cycle_loses_and_doubles_nothing(
    synced: Synced, where: Any, nth: int, before: bool
) -> None:
    person, row = synced.linked(jobtitle="A", emailaddress1="old@example.com")
    synced.edit_person(person, city="Lund")
    synced.edit_row(row, jobtitle="B")
    new = [synced.new_row(lastname="Ny", emailaddress1=f"n{n}@example.com") for n in range(3)]
    nameless = synced.new_row(lastname="Ny")

    imports, target = where
    script = KILLED.format(imports=imports, target=target, nth=nth, before=before)
    killed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **synced.environ},
        capture_output=True,
        timeout=120,
        check=False,
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
