"""Detached processes: found by their mark, stopped with their children, nobody else touched."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from scripts.processes import (
    MARK,
    marked_processes,
    port_is_free,
    start_detached,
    stop_marked,
)

#: A parent with a child in a session of its own, as task supervisors make them.
FAMILY = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("up", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


#: Airflow's processes give themselves names like this one.
RENAMED = """
import time
from setproctitle import setproctitle
setproctitle("airflow api_server -- host:127.0.0.1 port:8080" + " " * 4000)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    stop_marked(tmp_path, grace_seconds=0.1)


def start(root: Path, program: str) -> int:
    """Start ``program`` and wait until it says that it is up."""
    log = root / "log"
    pid = start_detached([sys.executable, "-c", program], {}, log, root)
    deadline = time.monotonic() + 20
    while "up" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return pid


def test_process_outlives_its_session_and_is_found(root: Path) -> None:
    pid = start(root, FAMILY)
    assert os.getsid(pid) == pid != os.getsid(0)
    found = marked_processes(root)
    assert len(found) == 2
    assert pid in {process.pid for process in found}


def test_stop_reaches_children_even_when_the_parent_crashed(root: Path) -> None:
    pid = start(root, FAMILY)
    psutil.Process(pid).kill()
    assert stop_marked(root) == 1
    assert marked_processes(root) == []


def test_process_that_renamed_itself_is_found(root: Path) -> None:
    start(root, RENAMED)
    assert stop_marked(root) == 1
    assert marked_processes(root) == []


def test_process_that_ignores_the_request_is_killed(root: Path) -> None:
    start(root, STUBBORN)
    assert stop_marked(root, grace_seconds=0.2) == 1
    assert marked_processes(root) == []


def test_processes_of_another_checkout_are_left_alone(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        env={**os.environ, MARK: str(other)},
    ) as process:
        assert stop_marked(root) == 0
        assert process.poll() is None
        process.kill()


def test_stopping_nothing_is_fine(root: Path) -> None:
    assert stop_marked(root) == 0


def test_taken_port_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not port_is_free(port)
    assert port_is_free(port)
