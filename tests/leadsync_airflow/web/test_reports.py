"""Validation reports in the web app: for whom, which, and what a stranger learns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.core_api.security import get_user
from fastapi.testclient import TestClient

from leadsync.data_docs.archive import keep_results, open_archive
from leadsync.settings import load_settings
from leadsync.validation.results import validation_result
from leadsync_airflow.web import reports
from leadsync_airflow.web.app import create_app

CYCLE = "20260105T080000-abcd1234"
RULE: dict[str, Any] = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "firstname UTF-16 units", "max_value": 50},
    "meta": {"rule_id": "max_length", "column": "firstname"},
    "id": "0e5d7c0a-7f0e-5a5b-9a8a-2f6a3b1c4d5e",
    "description": "firstname holds at most 50 UTF-16 units.",
    "severity": "critical",
}
ABOUT = {"target": "dynamics", "table": "lead", "operation": "update"}


@pytest.fixture
def visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A browser that has not signed in, where one cycle has a report."""
    monkeypatch.setenv("LEADSYNC_REPORTS", str(tmp_path))
    result = validation_result("dynamics_lead_update", [RULE], 10, {RULE["id"]: 2}, ABOUT)
    keep_results(open_archive(load_settings()), CYCLE, [result])
    return TestClient(create_app())


@pytest.fixture
def reader(visitor: TestClient) -> Iterator[TestClient]:
    """The browser of somebody who may read the DAG."""
    app: Any = visitor.app
    app.dependency_overrides = {get_user: lambda: "reader", reports.may_read: lambda: None}
    yield visitor
    app.dependency_overrides = {}


@pytest.mark.parametrize("path", ["", f"/{CYCLE}", f"/{CYCLE}/1"])
def test_reports_need_a_login(visitor: TestClient, path: str) -> None:
    assert visitor.get(f"/reports{path}").status_code == 401


def test_the_list_leads_to_the_cycle_and_the_cycle_to_its_suites(reader: TestClient) -> None:
    listed = reader.get("/reports")
    assert listed.headers["content-type"].startswith("text/html")
    assert f'href="reports/{CYCLE}"' in listed.text
    page = reader.get(f"/reports/{CYCLE}").text
    assert f'<a href="{CYCLE}/1">dynamics_lead_update</a>' in page
    assert "<td>Dynamics</td><td>lead</td><td>update</td><td>10</td>" in page


def test_a_suite_is_shown_as_data_docs_show_it(reader: TestClient) -> None:
    page = reader.get(f"/reports/{CYCLE}/1").text
    assert "2 unexpected values found. 20% of 10 total rows." in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("20260105T080000-00000000", 404),
        (f"{CYCLE}/2", 404),
        (f"{CYCLE}/0", 422),
        ("..%2F..%2Fetc", 404),
        ("20260105T080000-..", 422),
    ],
)
def test_what_is_not_there_is_not_found(reader: TestClient, path: str, status: int) -> None:
    assert reader.get(f"/reports/{path}").status_code == status
