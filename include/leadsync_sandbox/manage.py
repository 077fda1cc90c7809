"""Starting and stopping both stand-ins as detached processes."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from leadsync_sandbox.common.tls import loopback_certificate
from leadsync_sandbox.info import SandboxInfo, SystemInfo, read_info, write_info
from leadsync_sandbox.serve import SYSTEMS

START_SECONDS = 30.0
STOP_SECONDS = 10.0
HEALTH_SECONDS = 2.0


class SandboxStartError(RuntimeError):
    """A stand-in did not start; the message names its log."""


def up(
    data_dir: Path, *, marketo_port: int = 8701, dynamics_port: int = 8702, tls: bool = False
) -> SandboxInfo:
    """Start both stand-ins with their state in ``data_dir``; nothing happens when they run.

    Writes ``sandbox.json`` (see :class:`SandboxInfo`) and ``marketo.log``, ``dynamics.log``.

    :raises SandboxStartError: one did not become healthy, for example because its port is taken.
    """
    data_dir = data_dir.resolve()
    known = info(data_dir)
    if known is not None and all(_is_healthy(known, system) for system in SYSTEMS):
        return known
    down(data_dir)
    data_dir.mkdir(parents=True, exist_ok=True)
    if tls:
        loopback_certificate(data_dir)
    started = {
        system: _start(system, data_dir, port, tls)
        for system, port in zip(SYSTEMS, (marketo_port, dynamics_port), strict=True)
    }
    scheme = "https" if tls else "http"
    ports = {"marketo": marketo_port, "dynamics": dynamics_port}
    urls = {system: f"{scheme}://127.0.0.1:{port}" for system, port in ports.items()}
    made = SandboxInfo.default(urls, {name: p.pid for name, p in started.items()}, data_dir, tls)
    write_info(made)
    try:
        for system in SYSTEMS:
            _wait_until_healthy(made, system, started[system])
    except SandboxStartError:
        down(data_dir)
        raise
    return made


def _start(system: str, data_dir: Path, port: int, tls: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "leadsync_sandbox.serve", system]
    command += ["--data", str(data_dir), "--port", str(port), *(["--tls"] if tls else [])]
    source = str(Path(__file__).parents[1])
    path = os.pathsep.join(part for part in (source, os.environ.get("PYTHONPATH", "")) if part)
    with (data_dir / f"{system}.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own module with our own arguments
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )


def _wait_until_healthy(made: SandboxInfo, system: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    log = made.data_dir / f"{system}.log"
    while not _is_healthy(made, system):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SandboxStartError(
                f"The {system} sandbox did not start at {made.system(system).url}. "
                f"Is the port taken by another program? Its log is {log}."
            )
        time.sleep(0.1)


def _is_healthy(known: SandboxInfo, system: str) -> bool:
    url = f"{known.system(system).url}/_control/health"
    context = ssl.create_default_context(cafile=known.ca_bundle) if known.ca_bundle else None
    try:
        with urllib.request.urlopen(url, timeout=HEALTH_SECONDS, context=context) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
            return told.get("system") == system
    except (OSError, urllib.error.URLError, ValueError):
        return False


def down(data_dir: Path) -> bool:
    """Stop both stand-ins; their state stays. Returns whether anything was running."""
    data_dir = data_dir.resolve()
    known = info(data_dir)
    if known is None:
        return False
    running = [
        known.system(name).pid for name in SYSTEMS if _is_ours(known.system(name).pid, data_dir)
    ]
    for pid in running:
        os.kill(pid, signal.SIGTERM)
    for pid in running:
        _wait_until_gone(pid)
    (data_dir / "sandbox.json").unlink()
    return bool(running)


def _is_ours(pid: int, data_dir: Path) -> bool:
    """Tell whether ``pid`` is still our server and not another program with a recycled number."""
    command = Path(f"/proc/{pid}/cmdline")
    if not Path("/proc").exists():
        return _exists(pid)
    if not command.exists():
        return False
    words = command.read_bytes().split(b"\0")
    return b"leadsync_sandbox.serve" in words and str(data_dir).encode() in words


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while _exists(pid) and not _is_finished_child(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            deadline += STOP_SECONDS
        time.sleep(0.05)


def _is_finished_child(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def info(data_dir: Path) -> SandboxInfo | None:
    """Return what ``sandbox.json`` says, or ``None`` when no sandbox was started here."""
    return read_info(data_dir)


def seed(data_dir: Path, people: int, seed: int) -> dict[str, Any]:
    """Fill both stand-ins with a reproducible data set and return the counts.

    :param people: number of people.
    :param seed: the same seed gives the same people.
    :raises SandboxStartError: no sandbox runs in ``data_dir``.
    """
    from leadsync_sandbox.seed.dataset import build
    from leadsync_sandbox.seed.load import load

    known = info(data_dir)
    if known is None:
        raise SandboxStartError(f"No sandbox runs in {data_dir}. Start it first: sandbox up.")
    dataset = build(people, seed, datetime.now(UTC))
    counts: dict[str, Any] = load(
        dataset, known.marketo.url, known.dynamics.url, ca_bundle=known.ca_bundle
    )
    return counts


__all__ = ["SandboxInfo", "SandboxStartError", "SystemInfo", "down", "info", "seed", "up"]
