"""The web app with keys in its environment, on a state store of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from leadsync.flow_step.access import FLOW_STEP, WEBHOOK
from leadsync.state.store import SqlStateStore
from leadsync_airflow.web import services, ssfs, webhook
from leadsync_airflow.web.app import create_app

KEYS = {FLOW_STEP: "flow-step-key-0123456789", WEBHOOK: "webhook-secret-0123456789"}


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return create_app()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both connections, as environment variables."""
    monkeypatch.setenv("LEADSYNC_DATA", str(tmp_path))
    for conn_id, key in KEYS.items():
        text = json.dumps({"conn_type": "generic", "password": key})
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", text)
    ssfs.key.forget()
    webhook.key.forget()


@pytest.fixture
def client(
    app: FastAPI,
    connections: None,
    sqlite_store: SqlStateStore,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestClient]:
    """A caller of the app, whose calls land in ``sqlite_store``."""
    monkeypatch.setattr(services, "state_store", lambda: sqlite_store)
    yield TestClient(app)
    ssfs.key.forget()
    webhook.key.forget()
