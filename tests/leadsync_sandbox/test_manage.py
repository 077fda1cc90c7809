"""Both stand-ins as detached processes: up, info, down, and up again with the same state."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from leadsync_sandbox.info import SandboxInfo, read_info, write_info
from leadsync_sandbox.manage import SandboxStartError, down, info, seed, up


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "sandbox"
    down(tmp_path / "sandbox")


def start(folder: Path, **options: bool) -> SandboxInfo:
    return up(folder, marketo_port=free_port(), dynamics_port=free_port(), **options)


def test_up_is_idempotent_and_state_survives_down(folder: Path) -> None:
    first = start(folder)
    assert start(folder) == first == info(folder)
    body = {"records": {"leads": [{"email": "a@x.com"}]}}
    requests.post(f"{first.marketo.url}/_control/import", json=body, timeout=10)
    assert down(folder) is True
    assert (info(folder), down(folder)) == (None, False)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{first.marketo.url}/_control/health", timeout=1)
    second = start(folder)
    found = requests.get(f"{second.marketo.url}/_control/records/leads", timeout=10).json()
    assert [lead["email"] for lead in found["records"]] == ["a@x.com"]
    health = requests.get(f"{second.dynamics.url}/_control/health", timeout=10).json()
    assert health["system"] == "dynamics"


def test_tls_is_served_with_its_own_certificate(folder: Path) -> None:
    made = start(folder, tls=True)
    answer = requests.get(f"{made.marketo.url}/_control/health", verify=made.ca_bundle, timeout=10)
    assert answer.json()["system"] == "marketo"
    assert seed(folder, people=5, seed=1)["dynamics"]["systemuser"] > 0
    connection = json.loads(made.connections()["AIRFLOW_CONN_MARKETO_DEFAULT"])
    assert connection["extra"] == {"ca_bundle": made.ca_bundle}


def test_a_taken_port_is_told_with_the_log(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxStartError, match=r"marketo\.log"):
            up(folder, marketo_port=port, dynamics_port=free_port())
    assert info(folder) is None


def test_connections_are_what_airflow_reads(tmp_path: Path) -> None:
    urls = {"marketo": "http://127.0.0.1:8701", "dynamics": "http://127.0.0.1:8702"}
    made = SandboxInfo.default(urls, {"marketo": 0, "dynamics": 0}, tmp_path, tls=False)
    marketo, dynamics = (json.loads(text) for text in made.connections().values())
    assert (marketo["conn_type"], marketo["host"]) == ("marketo", urls["marketo"])
    assert (marketo["login"], marketo["password"]) == (
        made.marketo.client_id,
        made.marketo.client_secret,
    )
    assert dynamics["conn_type"] == "dynamics365"
    assert dynamics["extra"] == {
        "tenant_id": made.dynamics.tenant_id,
        "authority": urls["dynamics"],
        "api_version": "v9.2",
    }


def test_a_recycled_process_number_is_left_alone(tmp_path: Path) -> None:
    urls = {"marketo": "http://127.0.0.1:1", "dynamics": "http://127.0.0.1:1"}
    own = os.getpid()
    write_info(SandboxInfo.default(urls, {"marketo": own, "dynamics": own}, tmp_path, tls=False))
    assert read_info(tmp_path) is not None
    assert down(tmp_path) is False


def test_seeding_needs_a_running_sandbox(tmp_path: Path) -> None:
    with pytest.raises(SandboxStartError, match="sandbox up"):
        seed(tmp_path, people=1, seed=1)
