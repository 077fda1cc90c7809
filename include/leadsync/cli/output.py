"""How the command line speaks: tables for people, one JSON object for tools."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

#: Counts of a cycle's report that people look at first.
REPORT_COLUMNS = (
    "extracted",
    "created",
    "updated",
    "unchanged",
    "quarantined",
    "out_of_scope",
    "deferred",
    "collisions",
)

#: Columns of a table that goes to a file or pipe, where nothing says how wide it may be.
PIPED_WIDTH = 140


def print_json(document: Any) -> None:
    """Print one JSON document, with dates in ISO form."""
    click.echo(json.dumps(document, default=_iso, ensure_ascii=False, indent=2))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; numbers to the right."""
    table = Table(title=title, title_justify="left")
    lines = [list(row) for row in rows]
    for position, column in enumerate(columns):
        numeric = bool(lines) and all(isinstance(line[position], int | float) for line in lines)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left")
    for line in lines:
        table.add_row(*("" if cell is None else str(cell) for cell in line))
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    console.print(table)


def print_counts(title: str, counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
    """Print a report's counts, one line per direction and table."""
    rows = [
        [direction.replace("_", " "), table, *(numbers[name] for name in REPORT_COLUMNS)]
        for direction, tables in counts.items()
        for table, numbers in tables.items()
    ]
    print_table(title, ["direction", "table", *REPORT_COLUMNS], rows)


def print_suspended(report: Mapping[str, Any]) -> None:
    """Warn, on standard error, of fields that are not synchronised (S117, S118)."""
    for reason in report.get("suspended", ()):
        click.secho(f"Suspended: {reason}", fg="yellow", err=True)


def print_degraded(report: Mapping[str, Any]) -> None:
    """Tell, on standard error, what is not well in a cycle that succeeded."""
    for reason in report.get("degraded", ()):
        click.secho(f"Degraded: {reason}", fg="yellow", err=True)


def print_warnings(report: Mapping[str, Any]) -> None:
    """Tell, on standard error, which rules were broken without holding anything back."""
    for one in report.get("warnings", ()):
        click.secho(
            f"Warning: {one['records']} of {one['table']} {one['operation']}s "
            f"{one['direction'].replace('_', ' ')} broke {one['rule']} of {one['target']} "
            f"({one['policy']}).",
            fg="yellow",
            err=True,
        )


def _iso(value: object) -> str:
    isoformat = getattr(value, "isoformat", None)
    if isoformat is None:
        raise TypeError(f"cannot show {type(value).__name__} as JSON")
    return str(isoformat())
