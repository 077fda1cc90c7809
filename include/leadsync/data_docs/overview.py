"""Pages that lead to the reports: all cycles, and the suites of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import get_args

from leadsync.data_docs.offline import own_style
from leadsync.model import Json, System

#: reports that are listed; older ones are still found by the link of their task.
NEWEST = 500

_ABOUT = ("target", "table", "operation")


def cycles_page(cycle_ids: Sequence[str]) -> str:
    """Return the page that lists the newest cycles, newest first."""
    rows = (
        f'<tr><td>{_opened(c)}</td><td><a href="reports/{escape(c)}">{escape(c)}</a></td></tr>'
        for c in reversed(cycle_ids[-NEWEST:])
    )
    columns = ("Opened (UTC)", "Cycle")
    return _page("Validation reports", columns, rows, "No cycle has been validated yet.")


def cycle_page(cycle_id: str, results: Iterable[Json]) -> str:
    """Return the page of one cycle: what each of its suites came to."""
    rows = (_suite_row(f"{cycle_id}/{n}", result) for n, result in enumerate(results, 1))
    columns = (
        "",
        "Suite",
        "Written to",
        "Table",
        "Operation",
        "Rows",
        "Rules",
        "Rules broken",
        "Values refused",
    )
    return _page(
        f"Validation of cycle {cycle_id}", columns, rows, "The cycle had nothing to check."
    )


def _opened(cycle_id: str) -> str:
    """Return the time that a cycle's id begins with."""
    return f"{datetime.strptime(cycle_id[:15], '%Y%m%dT%H%M%S'):%Y-%m-%d %H:%M:%S}"


def _suite_row(address: str, result: Json) -> str:
    about = result["meta"].get("leadsync", {})
    name, numbers = escape(result["suite_name"]), result["statistics"]
    details = [one["result"] for one in result["results"]]
    rows = max((one.get("element_count") or 0 for one in details), default=0)
    refused = sum(one.get("unexpected_count") or 0 for one in details)
    icon = "fa-check-circle text-success" if result["success"] else "fa-times text-danger"
    cells = (rows, numbers["evaluated_expectations"], numbers["unsuccessful_expectations"], refused)
    link = f'<a href="{escape(address)}">{name}</a>'
    told = "".join(f"<td>{escape(_shown(about.get(part, '')))}</td>" for part in _ABOUT)
    told += "".join(f"<td>{number:,}</td>" for number in cells)
    return f'<tr><td><i class="fas {icon}"></i></td><td>{link}</td>{told}</tr>'


def _shown(part: str) -> str:
    return part.capitalize() if part in get_args(System) else part


def _page(title: str, columns: Sequence[str], rows: Iterable[str], empty: str) -> str:
    body = "".join(rows)
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    table = f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    content = table if body else f"<p>{escape(empty)}</p>"
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape(title)}</title>{own_style()}</head>
<body><div class="container-fluid pt-4 pl-5 pr-5"><h4>{escape(title)}</h4>{content}</div></body>
</html>
"""
