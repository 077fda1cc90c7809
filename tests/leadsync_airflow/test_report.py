"""The table that a cycle's report becomes in a task log."""

from __future__ import annotations

from typing import Any

from leadsync_airflow.report import count_rows, plan_lines, report_lines

REPORT: dict[str, Any] = {
    "cycle_id": "c-7",
    "window": {"from": None, "to": "2026-03-01T12:00:00Z"},
    "counts": {
        "to_marketo": {
            "lead": {"extracted": 12, "created": 3, "quarantined": 1},
            "contact": {"extracted": 4, "unchanged": 4},
        },
        "to_dynamics": {"lead": {"extracted": 2, "updated": 2}},
    },
    "calls": {"marketo": 5, "dynamics": 4},
}


def test_rows_name_direction_and_table() -> None:
    assert count_rows(REPORT, ("extracted", "created", "updated")) == [
        ("to Marketo", "lead", (12, 3, 0)),
        ("to Marketo", "contact", (4, 0, 0)),
        ("to Dynamics", "lead", (2, 0, 2)),
    ]


def test_lines_show_window_table_and_calls() -> None:
    first, header, *rows, last = report_lines(REPORT)
    assert first == "Cycle c-7 read from the stored cursors to 2026-03-01T12:00:00Z."
    assert header.split()[:4] == ["direction", "table", "extracted", "applied"]
    assert rows[0].split()[:3] == ["to", "Marketo", "lead"]
    assert [int(cell) for cell in rows[0].split()[3:]] == [12, 0, 3, 0, 0, 1, 0, 0, 0]
    assert len(rows) == 3
    assert last == "API calls: marketo 5, dynamics 4."


def test_a_cycle_on_named_records_does_not_speak_of_cursors() -> None:
    first, *_ = report_lines({**REPORT, "kind": "requested"})
    assert first == "Cycle c-7 read the records that were named."


def test_columns_are_aligned() -> None:
    _, header, *rows, _ = report_lines(REPORT)
    assert {len(row) for row in (header, *rows)} == {len(header)}


def test_cycle_without_rows_still_shows_its_header() -> None:
    lines = list(report_lines({"cycle_id": "c-8", "counts": {}, "calls": {"marketo": 3}}))
    assert lines[1].startswith("direction")
    assert lines[-1] == "API calls: marketo 3."


PLAN_CHANGE: dict[str, Any] = {
    "direction": "to_dynamics",
    "table": "lead",
    "operation": "update",
    "marketo_id": 17,
    "dynamics_id": "0a-1",
    "fields": [{"field": "title", "from": "CTO", "to": "CIO"}],
}


def test_plan_names_record_and_fields_but_no_values() -> None:
    (line,) = plan_lines({"changes": [PLAN_CHANGE]})
    assert line == "Would update, to Dynamics: Marketo 17, lead 0a-1: title."


def test_long_plan_says_how_many_are_not_shown() -> None:
    *_, last = plan_lines({"changes": [PLAN_CHANGE] * 103})
    assert "3 more" in last


def test_report_is_no_plan() -> None:
    assert list(plan_lines(REPORT)) == []
