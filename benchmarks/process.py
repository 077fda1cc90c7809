"""Running the command line in a process of its own, and what that cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_COMMAND = [sys.executable, "-c", "from leadsync.cli.main import main; main()"]
_KILOBYTE = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process used: seconds of CPU (user and system), peak memory in bytes, seconds."""

    cpu: float
    peak: int
    wall: float


def run(words: list[str], environ: dict[str, str], log: Path) -> tuple[Any, Cost]:
    """Run ``leadsync WORDS --json`` and return its answer and cost.

    :raises RuntimeError: it failed; names the log.
    """
    return measured([*_COMMAND, *words, "--json"], environ, log)


def measured(command: list[str], environ: dict[str, str], log: Path) -> tuple[Any, Cost]:
    """Run a command that prints one JSON document, and return that and what it cost.

    :raises RuntimeError: it failed; names the log.
    """
    output = log.with_suffix(".json")
    began = time.monotonic()
    with output.open("wb") as out, log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        words = " ".join(command[len(_COMMAND) :])
        raise RuntimeError(f"{words} failed, see {log}: {log.read_text()}")
    cost = Cost(
        cpu=used.ru_utime + used.ru_stime,
        peak=used.ru_maxrss * _KILOBYTE,
        wall=time.monotonic() - began,
    )
    return json.loads(output.read_text()), cost
