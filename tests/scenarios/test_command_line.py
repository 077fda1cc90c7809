"""The command line as users run it: JSON, exit codes, and what it says when things are wrong."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from support.synced import Synced

COUNTS = {
    "extracted",
    "applied",
    "created",
    "updated",
    "unchanged",
    "quarantined",
    "out_of_scope",
    "deferred",
    "collisions",
}


def changed(variable: str, synced: Synced, **fields: object) -> dict[str, str]:
    """Return a connection variable with some fields changed."""
    return {variable: json.dumps({**json.loads(synced.environ[variable]), **fields})}


def unused_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_the_first_day(unprovisioned: Synced) -> None:
    """Doctor, cycle, plan, status and quarantine in the order in which a newcomer meets them."""
    early = unprovisioned.command("cycle")
    assert early.returncode == 2
    assert "leadsync doctor --provision" in early.stderr

    doctor = unprovisioned.command("doctor", "--provision", "--json")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    diagnosis = json.loads(doctor.stdout)
    assert diagnosis["ok"]
    assert "Marketo: leadsyncDynamicsId" in diagnosis["created"]

    unprovisioned.new_row(lastname="Ek", emailaddress1="a@example.com")
    unprovisioned.new_row(lastname="Ek", emailaddress1="not an address")
    plan = json.loads(unprovisioned.command("plan", "--json").stdout)
    assert set(plan) == {"counts", "changes", "collisions", "quarantine"}
    assert unprovisioned.people() == []

    cycle = unprovisioned.command("cycle", "--json")
    assert cycle.returncode == 0, cycle.stderr
    report = json.loads(cycle.stdout)
    assert set(report) >= {"cycle_id", "window", "counts", "calls", "suspended"}
    assert set(report["counts"]["to_marketo"]["lead"]) == COUNTS
    assert report["counts"] == plan["counts"]
    assert report["counts"]["to_marketo"]["lead"]["created"] == 1

    [item] = json.loads(unprovisioned.command("quarantine", "list", "--json").stdout)
    assert item["direction"] == "to_marketo"
    assert item["failures"][0]["field"] == "email"
    shown = unprovisioned.command("quarantine", "show", item["id"])
    assert "not an address" in shown.stdout

    status = json.loads(unprovisioned.command("status", "--json").stdout)
    assert status["links_lead"] == 1
    assert status["quarantine_open"] == 1
    assert status["last_cycle"]["cycle_id"] == report["cycle_id"]


@pytest.mark.parametrize(
    ("variable", "fields", "said"),
    [
        ("AIRFLOW_CONN_MARKETO_DEFAULT", {"password": "wrong"}, "client secret"),
        ("AIRFLOW_CONN_DYNAMICS_DEFAULT", {"password": "wrong"}, "client secret"),
        ("AIRFLOW_CONN_MARKETO_DEFAULT", {"host": "https://nobody.invalid"}, "nobody.invalid"),
        ("AIRFLOW_CONN_DYNAMICS_DEFAULT", {"host": "http://example.com"}, "https"),
        ("AIRFLOW_CONN_MARKETO_DEFAULT", {"login": None}, "marketo_default"),
    ],
)
def test_a_wrong_connection_is_one_clear_message(
    synced: Synced, variable: Any, fields: Any, said: Any
) -> None:
    answer = synced.command("cycle", **changed(variable, synced, **fields))
    assert answer.returncode == 2, answer.stderr
    assert said.lower() in answer.stderr.lower()
    assert "What to do:" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_unreachable_store_is_one_clear_message(synced: Synced) -> None:
    store = {"conn_type": "postgres", "host": "127.0.0.1", "port": unused_port(), "login": "x"}
    answer = synced.command(
        "status", AIRFLOW_CONN_LEADSYNC_DB=json.dumps({**store, "password": "hidden"})
    )
    assert answer.returncode == 2
    assert "127.0.0.1" in answer.stderr
    assert "hidden" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_missing_permission_is_named(synced: Synced) -> None:
    synced.dynamics.control.settings(missing_privileges=["prvReadLead"])
    answer = synced.command("cycle")
    assert answer.returncode == 2, answer.stderr
    assert "prvReadLead" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_f15_a_misspelt_field_is_refused_with_the_nearest_name(
    synced: Synced, tmp_path: Any
) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("fields:\n  - {marketo: frstName, lead: firstname}\n")
    synced.forget_calls()
    answer = synced.command("cycle", LEADSYNC_MAPPING=str(mapping))
    assert answer.returncode == 2
    assert "frstName" in answer.stderr
    assert "firstName" in answer.stderr
    assert synced.record_writes() == 0


@pytest.mark.parametrize("text", ["fields: [", "fields:\n  - {marketo: email, led: x}\n", ""])
def test_a_malformed_mapping_is_one_clear_message(synced: Synced, tmp_path: Any, text: str) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(text)
    answer = synced.command("cycle", LEADSYNC_MAPPING=str(mapping))
    assert answer.returncode == 2
    assert "mapping.yaml" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_missing_column_names_table_and_column(synced: Synced) -> None:
    synced.dynamics.control.edit("drop_column", table="lead", column="jobtitle")
    answer = synced.command("cycle")
    assert answer.returncode == 2, answer.stderr
    assert "jobtitle" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_quarantined_rows_are_released_and_discarded_by_id(synced: Synced) -> None:
    synced.new_row(lastname="Ek", emailaddress1="not an address")
    synced.cycle()
    (item,) = json.loads(synced.command("quarantine", "list", "--json").stdout)
    released = synced.command("quarantine", "release", item["id"], "--json")
    assert released.returncode == 0, released.stderr
    assert json.loads(released.stdout)[0]["status"] == "released"
    assert synced.command("quarantine", "discard", "--all").returncode == 0
    assert json.loads(synced.command("quarantine", "list", "--json").stdout) == []
    again = synced.command("quarantine", "release", item["id"])
    assert again.returncode == 2
    assert "leadsync quarantine list" in again.stderr
    assert synced.command("quarantine", "release").returncode == 2
