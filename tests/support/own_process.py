"""Processes that need not import pandas and the engine first: forked from one that has.

The command line takes seconds to start; a test that runs it seven times need not wait seven times.
What only a new process shows stays as it is: environment, exit code, both outputs, being killed.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: The server that children are forked from is a new process, without pytest's threads.
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(
    [
        "great_expectations.expectations",
        "pyarrow.parquet",
        "sqlalchemy.dialects.sqlite",
        "leadsync.cli.main",
        "leadsync.cli.cycle",
    ]
)


@dataclass(frozen=True)
class Ended:
    """How a process ended, named as in :mod:`subprocess`."""

    returncode: int
    stdout: str
    stderr: str


def run_forked(
    main: Callable[..., None],
    *args: object,
    environ: Mapping[str, str],
    timeout: float = 120,
) -> Ended:
    """Run ``main(*args)`` in a process of its own.

    :param main: a function of a module; it and ``args`` are pickled.
    :param timeout: seconds.
    :raises TimeoutError: it did not end by then; it is killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder) / "stdout", Path(folder) / "stderr"
        process = _FORKED.Process(target=_child, args=(outputs, dict(environ), main, args))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{main} runs for longer than {timeout} s.")
        return Ended(process.exitcode, *(each.read_text() for each in outputs))


def command_line(*words: str) -> None:
    """Be the ``leadsync`` command."""
    from leadsync.cli.main import main

    sys.argv = ["leadsync", *words]
    main()


def _child(
    outputs: tuple[Path, Path],
    environ: Mapping[str, str],
    main: Callable[..., None],
    args: tuple[object, ...],
) -> None:
    for descriptor, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.environ.clear()
    os.environ.update(environ)
    main(*args)
