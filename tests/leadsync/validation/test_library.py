"""What Great Expectations leaves behind around a check."""

from __future__ import annotations

import logging

import pytest

from leadsync.validation.library import open_batches


def test_opening_batches_says_nothing_in_task_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    open_batches()
    own = [record for record in caplog.records if record.name.startswith("great_expectations")]
    assert [record.getMessage() for record in own] == []
