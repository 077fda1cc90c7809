"""A cycle's report as people read it: a table of counts per direction and table.

Plain text without Airflow, for the task log and for the command that runs a first cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

COUNTS = (
    "extracted",
    "applied",
    "created",
    "updated",
    "unchanged",
    "quarantined",
    "out_of_scope",
    "deferred",
    "collisions",
)
DIRECTIONS = {"to_marketo": "to Marketo", "to_dynamics": "to Dynamics"}

SHOWN_CHANGES = 100

Row = tuple[str, str, tuple[int, ...]]


def count_rows(report: Mapping[str, Any], columns: Sequence[str] = COUNTS) -> list[Row]:
    """Return direction, table and the numbers of ``columns`` for each part of ``report``."""
    counts = report.get("counts", {})
    return [
        (label, table, tuple(int(numbers.get(column, 0)) for column in columns))
        for direction, label in DIRECTIONS.items()
        for table, numbers in counts.get(direction, {}).items()
    ]


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the report: the window, the table, and the calls made."""
    yield f"Cycle {report.get('cycle_id', '?')} read {_what_was_read(report)}."
    yield from _table(report)
    if report.get("dry_run"):
        yield "Dry run: nothing was written. `leadsync plan` shows the values."
    for one in report.get("warnings", ()):
        yield (
            f"Warning: {one['records']} of {one['table']} {one['operation']}s, "
            f"{DIRECTIONS[one['direction']]}, broke {one['rule']} of {one['target']} "
            f"({one['policy']})."
        )
    calls = report.get("calls", {})
    if calls:
        yield f"API calls: {', '.join(f'{system} {number}' for system, number in calls.items())}."


def plan_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line per change of a dry run's plan: record and fields, but no values.

    A report has no changes, so it yields nothing.
    """
    changes = plan.get("changes", [])
    for change in changes[:SHOWN_CHANGES]:
        direction = DIRECTIONS[change["direction"]]
        fields = ", ".join(item["field"] for item in change["fields"])
        yield (
            f"Would {change['operation']}, {direction}: Marketo {change['marketo_id'] or 'new'}, "
            f"{change['table']} {change['dynamics_id'] or 'new'}: {fields}."
        )
    if len(changes) > SHOWN_CHANGES:
        yield f"... and {len(changes) - SHOWN_CHANGES} more; `leadsync plan` shows all."


def _what_was_read(report: Mapping[str, Any]) -> str:
    if report.get("kind") == "requested":
        return "the records that were named"
    if report.get("kind") == "initial":
        return "its part of everything" if "partitions" not in report else "everything"
    window = report.get("window", {})
    return f"from {window.get('from') or 'the stored cursors'} to {window.get('to', '?')}"


def _table(report: Mapping[str, Any]) -> Iterator[str]:
    header = ("direction", "table", *(name.replace("_", " ") for name in COUNTS))
    body = [(label, table, *map(str, numbers)) for label, table, numbers in count_rows(report)]
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]
    for row in (header, *body):
        texts = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join((*texts, *numbers)).rstrip()
