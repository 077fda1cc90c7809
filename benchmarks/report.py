"""The benchmark's targets, its table and its JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.call_counts import Counts
from benchmarks.process import Cost

MOST_CALLS_EMPTY = 4
MOST_CALLS_RATIO = 1.10
MOST_CPU_SECONDS = 15.0
MOST_BYTES = 1_000_000_000
SYSTEMS = ("marketo", "dynamics")


@dataclass(frozen=True, slots=True)
class Measured:
    """One cycle: its cost, its calls by system and purpose, and the fewest possible."""

    name: str
    cost: Cost
    calls: dict[str, Counts]
    fewest: dict[str, Counts]

    def total(self, system: str) -> int:
        """Return all calls to a system."""
        return sum(self.calls[system].values())

    def least(self, system: str) -> int:
        """Return the fewest possible calls to a system."""
        return sum(self.fewest[system].values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and whether it was met."""

    target: str
    value: str
    met: bool


def judge(measured: list[Measured]) -> list[Verdict]:
    """Compare the cycles ``large`` and ``empty`` with the targets."""
    cycles = {one.name: one for one in measured}
    large, empty = cycles["large"], cycles["empty"]
    verdicts = []
    for system in SYSTEMS:
        made, least = large.total(system), large.least(system)
        target = f"large cycle: {system} calls at most 1.10 times the fewest"
        value = f"{made} of {least}: {made / least:.3f}"
        verdicts.append(Verdict(target, value, made <= MOST_CALLS_RATIO * least))
    for system in SYSTEMS:
        made = empty.total(system)
        target = f"empty cycle: at most {MOST_CALLS_EMPTY} {system} calls"
        verdicts.append(Verdict(target, str(made), made <= MOST_CALLS_EMPTY))
    cost = large.cost
    return [
        *verdicts,
        Verdict("large cycle: under 15 s of CPU", f"{cost.cpu:.1f} s", cost.cpu < MOST_CPU_SECONDS),
        Verdict("large cycle: under 1 GB", f"{cost.peak / 1e6:.0f} MB", cost.peak < MOST_BYTES),
    ]


def as_json(rows: int, measured: list[Measured], verdicts: list[Verdict]) -> dict[str, Any]:
    """Return everything that was measured as a JSON document."""
    return {
        "rows": rows,
        "cycles": {one.name: asdict(one) for one in measured},
        "verdicts": [asdict(verdict) for verdict in verdicts],
    }


def show(console: Console, rows: int, measured: list[Measured], verdicts: list[Verdict]) -> None:
    """Print calls by purpose, costs and targets."""
    calls = Table(title=f"{rows} changed rows on each side: API calls made (fewest possible)")
    calls.add_column("purpose")
    for one in measured:
        calls.add_column(one.name, justify="right")
    for system in SYSTEMS:
        for purpose in _purposes(system, measured):
            calls.add_row(f"{system}: {purpose}", *(_cell(system, purpose, m) for m in measured))
        totals = (f"{one.total(system)} ({one.least(system)})" for one in measured)
        calls.add_row(f"[bold]{system}: all[/bold]", *totals, end_section=True)
    calls.add_row("CPU, user and system", *(f"{one.cost.cpu:.1f} s" for one in measured))
    calls.add_row("peak memory", *(f"{one.cost.peak / 1e6:.0f} MB" for one in measured))
    calls.add_row("wall clock", *(f"{one.cost.wall:.1f} s" for one in measured))
    console.print(calls)
    for verdict in verdicts:
        mark = "[green]met[/green]" if verdict.met else "[red]missed[/red]"
        console.print(f"{mark}  {verdict.target}: {verdict.value}")


def _purposes(system: str, measured: list[Measured]) -> list[str]:
    found = [name for one in measured for name in (*one.fewest[system], *one.calls[system])]
    return list(dict.fromkeys(found))


def _cell(system: str, purpose: str, one: Measured) -> str:
    return f"{one.calls[system].get(purpose, 0)} ({one.fewest[system].get(purpose, 0)})"
