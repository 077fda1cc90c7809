"""The generated systems answer what a first load asks, and never keep anybody."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from benchmarks.crowd import people
from benchmarks.crowd.behind import Behind
from benchmarks.crowd.dynamics import CrowdDynamics
from benchmarks.crowd.marketo import CrowdMarketo
from benchmarks.crowd.people import Crowd

from leadsync_sandbox.common.serving import serve_in_thread

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 400
CROWD = Crowd(SIZE, SINCE, timedelta(days=90))
NOBODY = Behind("http://127.0.0.1:1")


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    app = CrowdMarketo(CROWD, NOBODY, tmp_path_factory.mktemp("exports")).app()
    with serve_in_thread(app) as url:
        yield url


@pytest.fixture(scope="module")
def dynamics() -> Iterator[str]:
    with serve_in_thread(CrowdDynamics(CROWD, NOBODY).app()) as url:
        yield url


def test_windows_cover_every_person_once() -> None:
    second, month = timedelta(seconds=1), timedelta(days=31)
    starts = [SINCE + month * number for number in range(3)]
    found = [n for start in starts for n in CROWD.persons(start, start + month - second)]
    assert found == [number for number in range(SIZE) if people.has_person(number)]
    assert all(CROWD.made(n) >= SINCE for n in found)


def test_pages_hold_every_row_once() -> None:
    found: list[int] = []
    for table in people.TABLES:
        start: int | None = 0
        while start is not None:
            page, start = CROWD.page(table, start, 7)
            assert len(page) == 7 or start is None
            found += page
    assert sorted(found) == [number for number in range(SIZE) if people.has_row(number)]


def test_most_people_are_in_both_systems_and_some_in_one_alone() -> None:
    kinds = [(people.has_person(n), people.has_row(n)) for n in range(SIZE)]
    assert kinds.count((True, True)) == SIZE * 8 // 10
    assert kinds.count((True, False)) == kinds.count((False, True)) == SIZE // 10


def test_an_export_is_the_persons_of_its_window(marketo: str, tmp_path: Path) -> None:
    base = f"{marketo}/bulk/v1/leads/export"
    window = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-31T23:59:59Z"}
    asked: dict[str, Any] = {"fields": ["id", "email", "company"]}
    asked["filter"] = {"createdAt": window}
    job = told(requests.post(f"{base}/create.json", json=asked, timeout=9))
    export = f"{base}/{job['exportId']}"
    assert told(requests.post(f"{export}/enqueue.json", timeout=9))["status"]
    while (status := told(requests.get(f"{export}/status.json", timeout=9)))["status"] == "Queued":
        pass
    file = requests.get(f"{export}/file.json", headers={"Range": "bytes=3-"}, timeout=9)
    whole = "id," + file.content.decode()
    assert (file.status_code, len(whole.encode())) == (206, status["fileSize"])
    rows = list(csv.DictReader(whole.splitlines()))
    assert len(rows) == status["numberOfRecords"] > 0
    assert rows[0] == {"id": "1", "email": "person0@example.com", "company": "Company 0"}


def told(answer: requests.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["result"][0]
    return found


def test_persons_are_found_by_address_and_written(marketo: str) -> None:
    url = f"{marketo}/rest/v1/leads.json"
    asked = {"filterType": "email", "filterValues": "person1@example.com,person9@example.com"}
    found = requests.get(url, params={**asked, "fields": "id,email"}, timeout=9).json()["result"]
    assert found == [{"id": 2, "email": "person1@example.com"}]
    body = {"input": [{"id": 2}, {"leadsyncDynamicsId": people.row_id(9)}]}
    written = requests.post(url, json=body, timeout=9).json()["result"]
    assert written == [{"id": 2, "status": "updated"}, {"id": 10, "status": "created"}]


def test_the_last_page_of_a_table_has_the_delta_link(dynamics: str) -> None:
    select = "leadid,emailaddress1,statecode,fax"
    url = f"{dynamics}/api/data/v9.2/leads?$select={select}"
    page = requests.get(url, timeout=9).json()
    assert page["@odata.deltaLink"].startswith(dynamics)
    assert "@odata.nextLink" not in page
    assert len(page["value"]) == SIZE * 9 // 20
    assert page["value"][0] == {
        "@odata.etag": 'W/"0"',
        "leadid": people.row_id(0),
        "emailaddress1": "person0@example.com",
        "statecode": 0,
        "fax": None,
    }
