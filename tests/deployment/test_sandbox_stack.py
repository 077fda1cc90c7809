"""Connecting Airflow to the sandbox: created, renewed, never over a user's own connection."""

from __future__ import annotations

import io
import json
import socket
from typing import Any

import pytest
from rich.console import Console
from scripts import processes, sandbox_stack

VARIABLES = {
    "AIRFLOW_CONN_MARKETO_DEFAULT": json.dumps(
        {"conn_type": "marketo", "host": "http://127.0.0.1:8701", "login": "id", "password": "pw"}
        | {"extra": {}}
    ),
    "AIRFLOW_CONN_DYNAMICS_DEFAULT": json.dumps(
        {"conn_type": "dynamics365", "host": "http://127.0.0.1:8702", "login": "id"}
        | {"password": "pw", "extra": {"tenant_id": "t-1", "api_version": "v9.2"}}
    ),
}


class Connections:
    """Airflow's stored connections."""

    def __init__(self, **hosts: str) -> None:
        self.stored: dict[str, Any] = {name: {"host": host} for name, host in hosts.items()}

    def connection(self, connection_id: str) -> Any:
        return self.stored.get(connection_id)

    def put_connection(self, connection: dict[str, Any]) -> None:
        self.stored[connection["connection_id"]] = connection


def connect(api: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sandbox_stack, "connection_variables", lambda: VARIABLES)
    output = io.StringIO()
    sandbox_stack.connect(Console(file=output, width=120), api)
    return output.getvalue()


def test_missing_and_outdated_connections_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Connections(marketo_default="http://127.0.0.1:9999")
    connect(api, monkeypatch)
    assert api.stored["marketo_default"]["host"] == "http://127.0.0.1:8701"
    dynamics = api.stored["dynamics_default"]
    assert dynamics["conn_type"] == "dynamics365"
    assert json.loads(dynamics["extra"]) == {"tenant_id": "t-1"}


def test_connection_to_a_real_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = "https://123-ABC-456.mktorest.com"
    api = Connections(marketo_default=real)
    assert f"marketo_default leads to {real}" in connect(api, monkeypatch)
    assert api.stored["marketo_default"] == {"host": real}


def test_taken_port_is_named_with_a_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(sandbox_stack, "FOLDER", tmp_path)
    monkeypatch.setenv(processes.MARK, "")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(sandbox_stack.SandboxError, match=f"Port {port} is in use.*make run"):
            sandbox_stack.start(Console(), port, port, 1)
