"""`make bench`, second part: Great Expectations beside hand-written pandas and pandera.

100,000 records of 30 fields under 40 rules, once with 1 % and once with 70 % of the records
failing. All three must name the same failing cells. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.checked_rows import rows, rules
from benchmarks.hand_written import Found, pandera_schema, with_pandas, with_pandera
from leadsync.validation.gx import broken_positions

MOST_RATIO = 5.0
SHARES = (0.01, 0.7)


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds of one share of failing records, best of several runs."""

    failing: float
    cells: int
    rules: int
    great_expectations: float
    pandas: float
    pandera: float

    @property
    def ratio(self) -> float:
        """How much longer Great Expectations takes than pandas."""
        return self.great_expectations / self.pandas


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="records to check")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    timings = [measure(options.rows, share, options.repeat) for share in SHARES]
    met = all(timing.ratio <= MOST_RATIO for timing in timings)
    if options.json:
        document = {"rows": options.rows, "timings": [asdict(t) for t in timings], "met": met}
        print(json.dumps(document, indent=2))  # noqa: T201
    else:
        show(Console(highlight=False), options.rows, timings)
    return 0 if met else 1


def measure(number: int, failing: float, repeat: int) -> Timing:
    """Time all three on the same records.

    :raises AssertionError: they do not name the same cells.
    """
    frame, rule_set, schema = rows(number, failing), rules(), pandera_schema()
    cells: Any = {name: frame[name] for name in frame.columns}  # columns serve as sequences
    broken_positions({name: cells[name].head(10) for name in cells}, rule_set)  # imports
    ours, by_gx = _timed(lambda: broken_positions(cells, rule_set), repeat)
    by_hand, in_pandas = _timed(lambda: with_pandas(frame), repeat)
    in_pandera, by_pandera = _timed(lambda: with_pandera(frame, schema), repeat)
    expected = _failing(in_pandas)
    assert _failing(by_gx) == expected, "Great Expectations and pandas differ"
    assert _failing(by_pandera) == expected, "pandera and pandas differ"
    return Timing(
        failing,
        sum(map(len, in_pandas.values())),
        len(in_pandas),
        great_expectations=ours,
        pandas=by_hand,
        pandera=in_pandera,
    )


def _timed(run: Callable[[], Found], repeat: int) -> tuple[float, Found]:
    best, found = float("inf"), {}
    for _ in range(repeat):
        start = time.process_time()
        found = run()
        best = min(best, time.process_time() - start)
    return best, found


def _failing(found: Found) -> dict[str, list[int]]:
    return {key: list(map(int, positions)) for key, positions in found.items() if len(positions)}


def show(console: Console, number: int, timings: Sequence[Timing]) -> None:
    """Print seconds, ratios and verdicts."""
    table = Table(title=f"Split of {number} records by {timings[0].rules} rules: CPU seconds")
    for name in ("failing", "cells", "Great Expectations", "pandas", "pandera", "ratio"):
        table.add_column(name, justify="right")
    for one in timings:
        table.add_row(
            f"{one.failing:.0%}",
            str(one.cells),
            f"{one.great_expectations:.2f}",
            f"{one.pandas:.2f}",
            f"{one.pandera:.2f}",
            f"{one.ratio:.1f}",
        )
    console.print(table)
    for one in timings:
        mark = "[green]met[/green]" if one.ratio <= MOST_RATIO else "[red]missed[/red]"
        console.print(
            f"{mark}  at most {MOST_RATIO:g} times pandas at {one.failing:.0%} failing: "
            f"{one.ratio:.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())
