"""`make bench`: what one large cycle, its echo and an empty cycle cost, against the targets.

Starts both stand-ins, links twice as many pairs as ``--rows``, lets users edit ``--rows`` persons
and as many other rows, and runs ``leadsync cycle`` in a process of its own. Exits with 1 when a
target is missed.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.call_counts import (
    Counts,
    Volume,
    dynamics_calls,
    fewest_dynamics,
    fewest_marketo,
    marketo_calls,
)
from benchmarks.population import (
    Control,
    Pair,
    edit_persons,
    edit_rows,
    make_pairs,
    store_pairs,
)
from benchmarks.process import Cost, run
from benchmarks.report import Measured, as_json, judge, show
from leadsync_sandbox import manage

FIELDS_PER_EDIT = 2


@dataclass(frozen=True, slots=True)
class Bench:
    """Both stand-ins and the command line between them.

    :param folder: holds the stand-ins' state, the state store, staging and logs.
    """

    folder: Path
    marketo: Control
    dynamics: Control
    environ: dict[str, str]

    def run(self, name: str, *words: str) -> Cost:
        """Run the command line; its output is kept under ``name``."""
        return run(list(words), self.environ, self.folder / f"{name}.log")[1]

    def measure(self, name: str, volume: Volume) -> Measured:
        """Run one cycle that has to move ``volume``, counting its calls."""
        self.marketo.forget()
        self.dynamics.forget()
        cost = self.run(name, "cycle")
        return Measured(
            name,
            cost,
            {
                "marketo": marketo_calls(self.marketo.journal()),
                "dynamics": dynamics_calls(self.dynamics.journal()),
            },
            {"marketo": fewest_marketo(volume), "dynamics": fewest_dynamics(volume)},
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = _options(arguments)
    console = Console(highlight=False, stderr=True)
    with tempfile.TemporaryDirectory(prefix="leadsync-bench-") as temporary:
        folder = Path(options.folder or temporary)
        marketo_port, dynamics_port = free_ports()
        info = manage.up(folder / "sandbox", marketo_port=marketo_port, dynamics_port=dynamics_port)
        try:
            environ = {
                **info.connections(),
                "AIRFLOW_CONN_LEADSYNC_DB": state_store(folder),
                "LEADSYNC_DATA": str(folder),
            }
            bench = Bench(folder, Control(info.marketo.url), Control(info.dynamics.url), environ)
            measured = _measure(bench, options.rows, console)
        finally:
            manage.down(folder / "sandbox")
    verdicts = judge(measured)
    if options.json:
        print(json.dumps(as_json(options.rows, measured, verdicts), indent=2))  # noqa: T201
    else:
        show(Console(highlight=False), options.rows, measured, verdicts)
    return 0 if all(verdict.met for verdict in verdicts) else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="changed rows on each side")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--folder", help="keep state and logs here, in an empty folder")
    return parser.parse_args(arguments)


def free_ports() -> tuple[int, int]:
    """Return two ports that nobody listens on."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]


def state_store(folder: Path) -> str:
    """Return the state store's connection: without it, an Airflow would be asked first."""
    return json.dumps({"conn_type": "sqlite", "host": str(folder / "leadsync.db")})


def _measure(bench: Bench, rows: int, console: Console) -> list[Measured]:
    pairs = make_pairs(2 * rows)
    with console.status("Storing people on both sides"):
        bench.run("provision", "doctor", "--provision")
        store_pairs(pairs, bench.marketo, bench.dynamics)
    with console.status(f"Linking {len(pairs)} pairs"):
        linking = bench.measure("linking", _linking(pairs))
    with console.status("Waiting for quiet"):
        bench.run("settling", "cycle")
    in_marketo, in_dynamics = pairs[:rows], pairs[rows:]
    with console.status("Users edit both sides"):
        edit_persons(in_marketo, bench.marketo, "A")
        edit_rows(in_dynamics, bench.dynamics, "A")
    with console.status("The measured cycle"):
        large = bench.measure("large", _large(in_marketo, in_dynamics))
    with console.status("Its echo"):
        echo = bench.measure("echo", _echo(in_marketo, in_dynamics))
    with console.status("Nothing to do"):
        empty = bench.measure("empty", Volume())
    return [linking, large, echo, empty]


def _linking(pairs: list[Pair]) -> Volume:
    return Volume(persons_read=len(pairs), persons_written=len(pairs), rows_read=_by_table(pairs))


def _large(in_marketo: list[Pair], in_dynamics: list[Pair]) -> Volume:
    return Volume(
        activities=FIELDS_PER_EDIT * len(in_marketo),
        log_rows=FIELDS_PER_EDIT * len(in_marketo),
        persons_read=len(in_marketo),
        persons_written=len(in_dynamics),
        rows_read=_by_table(in_dynamics),
        rows_written=len(in_marketo),
    )


def _echo(in_marketo: list[Pair], in_dynamics: list[Pair]) -> Volume:
    """Our own writes come back in the feeds: reading those is all that is needed."""
    return Volume(
        activities=FIELDS_PER_EDIT * len(in_dynamics),
        log_rows=FIELDS_PER_EDIT * len(in_dynamics),
        rows_read=_by_table(in_marketo),
    )


def _by_table(pairs: list[Pair]) -> Counts:
    return {table: sum(pair.table == table for pair in pairs) for table in ("lead", "contact")}


if __name__ == "__main__":
    sys.exit(main())
