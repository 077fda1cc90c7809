"""The stack's processes: started detached, found again by a mark in their environment.

The mark survives crashes of whoever started them and needs no pid file that could lie.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

MARK = "LEADSYNC_STACK_OF"
#: Airflow names its processes; without this, their new names overwrite the environment seen here.
KEEP_ENVIRONMENT = {"SPT_NOENV": "1"}


def start_detached(
    command: Sequence[str], environment: Mapping[str, str], log: Path, root: Path
) -> int:
    """Start ``command`` in a session of its own, with output to ``log``; returns its pid."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            env={**os.environ, **environment, **KEEP_ENVIRONMENT, MARK: str(root)},
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process.pid


def marked_processes(root: Path) -> list[psutil.Process]:
    """Return the live processes that carry the mark of the checkout at ``root``, except this."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            alive = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if alive and process.environ().get(MARK) == str(root):
                found.append(process)
    return found


def stop_marked(root: Path, grace_seconds: float = 20.0) -> int:
    """Ask all marked processes to stop, kill those that do not; returns how many there were."""
    processes = marked_processes(root)
    _signal(processes, "terminate")
    _, stubborn = psutil.wait_procs(processes, timeout=grace_seconds)
    _signal([*stubborn, *marked_processes(root)], "kill")
    psutil.wait_procs(stubborn, timeout=5)
    return len(processes)


def _signal(processes: Sequence[psutil.Process], how: str) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            getattr(process, how)()


def port_is_free(port: int) -> bool:
    """Tell whether ``port`` can be listened on at the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
