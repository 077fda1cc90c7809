"""What the tasks log beside the report."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from leadsync_airflow import tasks


def test_s117_a_suspended_field_is_a_warning_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    report: dict[str, Any] = {"cycle_id": "c", "suspended": ["lead.jobtitle is gone"]}
    engine = SimpleNamespace(staging=SimpleNamespace(drop=lambda cycle_id: None))
    monkeypatch.setattr("leadsync.engine.build_engine", lambda: engine)
    monkeypatch.setattr("leadsync.cycle.stages.quarantine_and_commit", lambda *_: report)
    monkeypatch.setattr("leadsync.cycle.stages.send_activities", lambda *_: report)
    with caplog.at_level(logging.INFO):
        assert tasks.close_cycle({"cycle_id": "c", "dry_run": False}) == report
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert warnings == ["Suspended: lead.jobtitle is gone"]
