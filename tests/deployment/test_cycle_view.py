"""What `make run` shows of a run: each task once per state, then counts or the failure's log."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from scripts import cycle_view

REPORT = {
    "cycle_id": "c-1",
    "counts": {"to_marketo": {"lead": {"extracted": 4500, "created": 4400, "quarantined": 100}}},
    "calls": {"marketo": 20, "dynamics": 7},
}


Moment = tuple[str, dict[str, tuple[str, float | None]]]


class Runs:
    """An Airflow whose run goes through given moments."""

    def __init__(self, *moments: Moment) -> None:
        self._states: Iterator[str] = iter([state for state, _ in moments])
        self._tasks = iter([tasks for _, tasks in moments])

    def run_state(self, dag_id: str, run_id: str) -> str:
        return next(self._states)

    def task_states(self, dag_id: str, run_id: str) -> dict[str, tuple[str, float | None]]:
        return next(self._tasks)

    def result(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        assert task_id == "quarantine_and_commit"
        return REPORT

    def log_tail(self, dag_id: str, run_id: str, task_id: str) -> list[str]:
        return ["The mapping names [titel]."]


def follow(runs: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, str]:
    monkeypatch.setattr(cycle_view, "POLL_SECONDS", 0)
    output = io.StringIO()
    console = Console(file=output, width=120)
    return cycle_view.follow(console, runs, "lead_sync", "run-1"), output.getvalue()


def test_success_shows_each_state_once_and_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    running: Moment = (
        "running",
        {"open_cycle": ("running", None), "load_marketo": ("waiting", None)},
    )
    runs = Runs(
        running,
        running,
        ("success", {"open_cycle": ("success", 1.25), "load_marketo": ("success", 0.5)}),
    )
    succeeded, shown = follow(runs, monkeypatch)
    assert succeeded
    assert shown.count("open_cycle") == 2
    assert "1.2 s" in shown
    assert "4,400" in shown
    assert "20 to marketo" in shown


def test_failure_shows_the_end_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(("failed", {"open_cycle": ("failed", 0.4)}))
    succeeded, shown = follow(runs, monkeypatch)
    assert not succeeded
    assert "open_cycle failed" in shown
    assert "The mapping names [titel]." in shown
