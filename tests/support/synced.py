"""leadsync between both stand-ins over real HTTP: provisioned, with its own state store."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.request.on_request import answer_now, person_request
from leadsync.cycle.runner import run_cycle, run_plan
from leadsync.doctor import Diagnosis, Doctor
from leadsync.engine import build_engine
from leadsync.model import Json
from leadsync.settings import PROJECT
from leadsync.state.port import JournalRow, QuarantineRow, RequestRow
from support.own_process import Ended, command_line, run_forked
from support.sandbox import RunningSandbox


@dataclass
class Synced:
    """Both stand-ins and what a user of leadsync does with them.

    :param environ: what the command line and Airflow need to find everything.
    """

    marketo: RunningSandbox
    dynamics: RunningSandbox
    environ: dict[str, str]
    reports: list[Json] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        """A new engine, as every task and command builds one."""
        return build_engine()

    # -- running

    def cycle(self) -> Json:
        """Run a cycle in this process and return its report."""
        request = CycleRequest(kind="manual", window_to=datetime.now(UTC))
        self.reports.append(run_cycle(self.engine, request))
        return self.reports[-1]

    def ask(self, *requests: RequestRow) -> list[RequestRow]:
        """Run a cycle on requests and return them as they stand then."""
        answered = answer_now(self.engine, requests, 60)
        self.reports.extend([answered.report] if answered.report else [])
        return answered.requests

    def sync_person(self, *persons: int, **asked: Any) -> list[RequestRow]:
        """Ask for persons to become rows, and return the answers."""
        engine = self.engine
        return self.ask(*(person_request(engine, "sync_person", p, **asked) for p in persons))

    def backfill(self, start: datetime, end: datetime) -> Json:
        """Run a backfill of an interval."""
        return run_cycle(self.engine, CycleRequest("backfill", end, window_from=start))

    def plan(self) -> Json:
        """Return what a cycle would write."""
        request = CycleRequest("manual", datetime.now(UTC), dry_run=True)
        return run_plan(self.engine, request)

    def command(self, *words: str, **environ: str) -> Ended:
        """Run the command line as a user does."""
        return run_forked(command_line, *words, environ={**os.environ, **self.environ, **environ})

    def forget_schemas(self) -> None:
        """Let the next cycle read both schemas anew, as it does hourly."""
        load_plan(self.engine, refresh=True)

    # -- users

    def new_row(self, table: str = "lead", **fields: Any) -> str:
        """A user creates a lead or contact."""
        return str(self.dynamics.control.edit("create", table=table, fields=fields))

    def edit_row(self, row: str, table: str = "lead", **fields: Any) -> None:
        """A user changes a lead or contact."""
        self.dynamics.control.edit("update", table=table, id=row, fields=fields)

    def new_person(self, **fields: Any) -> int:
        """A user creates a person."""
        return int(self.marketo.control.edit("create", fields=fields))

    def edit_person(self, person: int, **fields: Any) -> None:
        """A user changes a person."""
        self.marketo.control.edit("update", id=person, fields=fields)

    def linked(self, table: str = "lead", **fields: Any) -> tuple[int, str]:
        """A row that has become a person; both ids."""
        row = self.new_row(table, **{"lastname": "Ek", **fields})
        self.cycle()
        return int(self.person_of(row)["id"]), row

    # -- looking

    def counts(self, direction: str, table: str = "lead") -> dict[str, int]:
        """Counts of the last cycle's report for one direction and table."""
        counted: dict[str, int] = self.reports[-1]["counts"][direction][table]
        return counted

    def held(self) -> list[QuarantineRow]:
        """Open quarantine items."""
        return self.engine.store.quarantine(statuses=("open",))

    def story(self, person: int, *kinds: str) -> list[JournalRow]:
        """A person's journal, of some kinds only."""
        rows = self.engine.store.journal(marketo_ids=[person])
        return [row for row in rows if not kinds or row["kind"] in kinds]

    def people(self) -> list[Json]:
        """All persons."""
        return self.marketo.control.records("leads")

    def person(self, person_id: int) -> Json:
        """One person."""
        return next(p for p in self.people() if int(p["id"]) == person_id)

    def person_of(self, row: str) -> Json:
        """The only person that carries a row's id."""
        found = [p for p in self.people() if p.get("leadsyncDynamicsId") == row]
        assert len(found) == 1, f"{len(found)} persons carry {row}"
        return found[0]

    def row(self, row: str, table: str = "lead") -> Json:
        """One lead or contact."""
        rows = self.dynamics.control.records(table)
        return next(r for r in rows if r[f"{table}id"] == row)

    def record_writes(self) -> int:
        """Calls that write, merge or delete persons or rows, since the journals were cleared."""
        marketo = [
            entry
            for entry in self.marketo.control.journal()
            if entry["method"] != "GET" and entry["path"].startswith("/rest/v1/leads")
        ]
        dynamics = [
            entry
            for entry in self.dynamics.control.journal()
            if entry["method"] != "GET" and not entry["path"].endswith("/oauth2/v2.0/token")
        ]
        return len(marketo) + len(dynamics)

    def forget_calls(self) -> None:
        """Clear both journals."""
        self.marketo.control.clear_journal()
        self.dynamics.control.clear_journal()


def shipped_mapping(folder: Path) -> Path:
    """Copy the shipped mapping file to ``folder``, where a test may change it."""
    folder.mkdir(parents=True, exist_ok=True)
    copied = shutil.copy(PROJECT / "include" / "config" / "mapping.yaml", folder)
    return Path(copied)


def connections(marketo: RunningSandbox, dynamics: RunningSandbox) -> dict[str, str]:
    """Return the Airflow connection variables of both stand-ins."""
    return {
        "AIRFLOW_CONN_MARKETO_DEFAULT": json.dumps(
            {
                "conn_type": "marketo",
                "host": marketo.url,
                "login": marketo.client_id,
                "password": marketo.client_secret,
            }
        ),
        "AIRFLOW_CONN_DYNAMICS_DEFAULT": json.dumps(
            {
                "conn_type": "dynamics365",
                "host": dynamics.url,
                "login": dynamics.client_id,
                "password": dynamics.client_secret,
                "extra": {"tenant_id": dynamics.tenant_id, "authority": dynamics.url},
            }
        ),
    }


@pytest.fixture
def unprovisioned(
    marketo_sandbox: RunningSandbox,
    dynamics_sandbox: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Synced:
    """Both stand-ins as they are before ``leadsync doctor --provision``."""
    return _connected(marketo_sandbox, dynamics_sandbox, tmp_path / "leadsync", monkeypatch)


@pytest.fixture(scope="session")
def _provisioned() -> dict[str, sqlite3.Connection]:
    """Both stand-ins as provisioning left them, by system, once a test has done it."""
    return {}


@pytest.fixture
def synced(
    _served_marketo: RunningSandbox,
    _served_dynamics: RunningSandbox,
    _provisioned: dict[str, sqlite3.Connection],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Synced:
    """Both stand-ins, ready for a first cycle; provisioned once and put back for each test."""
    made = _connected(_served_marketo, _served_dynamics, tmp_path / "leadsync", monkeypatch)
    systems = (made.marketo.sandbox, made.dynamics.sandbox)
    for sandbox in systems:
        if sandbox.name in _provisioned:
            sandbox.restore(_provisioned[sandbox.name])
        else:
            sandbox.reset()
    if not _provisioned:
        provision(made)
        _provisioned.update({sandbox.name: sandbox.database.copy() for sandbox in systems})
    return made


def _connected(
    marketo: RunningSandbox, dynamics: RunningSandbox, data: Path, monkeypatch: pytest.MonkeyPatch
) -> Synced:
    """Point leadsync's settings at both stand-ins, with its own files in ``data``."""
    environ = {
        **connections(marketo, dynamics),
        "AIRFLOW_CONN_LEADSYNC_DB": json.dumps(
            {"conn_type": "sqlite", "host": str(data / "leadsync.db")}
        ),
        "LEADSYNC_DATA": str(data),
        "LEADSYNC_MAPPING": str(shipped_mapping(data)),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return Synced(marketo, dynamics, environ)


def provision(synced: Synced) -> None:
    """Create leadsync's own fields in both systems, as ``leadsync doctor --provision`` does."""
    engine, diagnosis = synced.engine, Diagnosis()
    doctor = Doctor(engine.mapping, engine.marketo, engine.dynamics, diagnosis)  # type: ignore[arg-type]
    doctor.examine(provision=True)
    assert diagnosis.ok, diagnosis.checks
    synced.forget_calls()
