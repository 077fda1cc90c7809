"""Bulk extract (reference/marketo-rest.md 13)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import QuotaSpentError, RejectedError, TransientApiError
from leadsync.marketo.bulk_csv import file_rows
from leadsync.marketo.bulk_extract import date_range, date_ranges
from leadsync.marketo.client import MarketoClient
from leadsync.model import ExportJob
from support.marketo_stub import refusal
from support.sandbox import RunningSandbox

CONTENT = b"id,title\n1,CTO\n2,null\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
TO_DATE = {
    "createdAt": date_range(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC))
}


def csv_answer(content: bytes = CONTENT, start: int = 0) -> Response:
    headers = {"Content-Type": "text/csv"}
    if start:
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return Response(content[start:], 206 if start else 200, headers)


def job(status: str, **facts: Any) -> dict[str, Any]:
    return {"result": [{"exportId": "e", "status": status, **facts}]}


def completed(**facts: Any) -> ExportJob:
    return ExportJob("e", "completed", **{"size": len(CONTENT), "sha256": DIGEST, **facts})


def last_month() -> dict[str, str]:
    now = datetime.now(UTC)
    return date_range(now - timedelta(days=30), now)


def test_ranges_cover_without_overlap_and_never_exceed_31_days() -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)
    assert list(date_ranges(start, end)) == [
        {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-31T23:59:59Z"},
        {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-03-03T23:59:59Z"},
        {"startAt": "2026-03-04T00:00:00Z", "endAt": "2026-03-10T00:00:00Z"},
    ]


def test_a_job_is_created_queued_polled_once_a_minute_and_downloaded(
    scripted: Any, tmp_path: Path
) -> None:
    scripted.marketo.will_answer(
        job("Created"),
        job("Queued"),
        job("Queued"),
        job("Processing"),
        job("Completed", fileSize=len(CONTENT), fileChecksum=f"sha256:{DIGEST}", numberOfRecords=2),
        csv_answer(),
    )
    done = scripted.client.bulk_export("leads").run(TO_DATE, ["id", "title"], tmp_path / "x.csv")
    assert done == completed(records=2)
    assert scripted.clock.slept == [60.0, 60.0, 60.0]
    assert (tmp_path / "x.csv").read_bytes() == CONTENT
    assert json.loads(scripted.marketo.asked[0].get_data()) == {
        "format": "CSV",
        "fields": ["id", "title"],
        "filter": TO_DATE,
    }
    assert [
        request.path.removeprefix("/bulk/v1/leads/export/") for request in scripted.marketo.asked
    ] == [
        "create.json",
        "e/enqueue.json",
        *["e/status.json"] * 3,
        "e/file.json",
    ]


@pytest.mark.parametrize("status", ["Canceled", "Cancelled", "Failed"])
def test_a_job_that_ends_otherwise_is_an_error(scripted: Any, status: str) -> None:
    scripted.marketo.will_answer(job(status, errorMsg="too large"))
    with pytest.raises(RejectedError, match=r"(cancelled|failed) too large"):
        scripted.client.bulk_export("leads").wait("e")


def test_a_job_that_does_not_end_is_left(scripted: Any) -> None:
    scripted.marketo.will_answer(*[job("Processing")] * 3)
    with pytest.raises(TransientApiError, match="still processing"):
        scripted.client.bulk_export("leads").wait("e", timedelta(minutes=2))


def test_a_full_queue_is_waited_out(scripted: Any) -> None:
    full = refusal("1029", "Too many jobs (10) in queue")
    scripted.marketo.will_answer(*[full] * 9, job("Queued"))
    scripted.client.bulk_export("leads").enqueue("e")
    assert sum(scripted.clock.slept) == pytest.approx(8 * 60.5)


def test_a_queue_that_stays_full_is_left(scripted: Any) -> None:
    scripted.marketo.will_answer(*[refusal("1029", "Too many jobs (10) in queue")] * 16)
    with pytest.raises(TransientApiError, match="1029"):
        scripted.client.bulk_export("leads").enqueue("e", timedelta(minutes=10))


def test_a_job_that_is_queued_already_is_just_polled(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("1029", "Job is already queued"), job("Queued"))
    scripted.client.bulk_export("leads").enqueue("e")
    assert len(scripted.marketo.asked) == 2


def test_a_spent_export_quota_is_not_waited_for(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("1029", "Export daily quota 500MB exceeded"))
    with pytest.raises(QuotaSpentError):
        scripted.client.bulk_export("leads").enqueue("e")
    assert scripted.clock.slept == []


def test_a_file_that_is_not_there_yet_is_asked_for_a_minute_later(
    scripted: Any, tmp_path: Path
) -> None:
    scripted.marketo.will_answer(Response("not found", 404), csv_answer())
    scripted.client.bulk_export("leads").download(completed(), tmp_path / "x.csv")
    assert scripted.clock.slept == [60.5]
    assert (tmp_path / "x.csv").read_bytes() == CONTENT


@pytest.mark.parametrize("code", ["602", "606"])
def test_an_envelope_instead_of_a_file_is_no_file(scripted: Any, tmp_path: Path, code: str) -> None:
    scripted.marketo.will_answer(refusal(code), csv_answer())
    scripted.client.bulk_export("leads").download(completed(), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == CONTENT


def test_a_short_file_is_resumed_where_it_ended(scripted: Any, tmp_path: Path) -> None:
    scripted.marketo.will_answer(csv_answer(CONTENT[:10]), csv_answer(start=10))
    scripted.client.bulk_export("leads").download(completed(), tmp_path / "x.csv")
    assert scripted.marketo.asked[1].headers["Range"] == "bytes=10-"
    assert (tmp_path / "x.csv").read_bytes() == CONTENT


def test_a_server_that_ignores_the_range_is_read_from_the_start(
    scripted: Any, tmp_path: Path
) -> None:
    scripted.marketo.will_answer(csv_answer(CONTENT[:10]), csv_answer())
    scripted.client.bulk_export("leads").download(completed(), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == CONTENT


def test_a_wrong_checksum_is_fetched_once_more_and_then_refused(
    scripted: Any, tmp_path: Path
) -> None:
    damaged = csv_answer(CONTENT.replace(b"CTO", b"CIO"))
    scripted.marketo.will_answer(damaged, csv_answer(), damaged, damaged)
    export = scripted.client.bulk_export("leads")
    export.download(completed(), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == CONTENT
    with pytest.raises(RejectedError, match="SHA-256 differs"):
        export.download(completed(), tmp_path / "x.csv")


def test_leads_are_exported(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox, tmp_path: Path
) -> None:
    records = [{"email": f"p{number}@x.com", "title": "a\u2028b"} for number in range(50)]
    sandboxed.sync_persons("createOrUpdate", "email", records)
    target = tmp_path / "leads.csv"
    done = sandboxed.bulk_export("leads").run(
        {"createdAt": last_month()}, ["id", "email", "title", "company"], target
    )
    rows = list(file_rows(target))
    assert done.records == len(rows) == 50
    assert {row["title"] for row in rows} == {"a\u2028b"}
    assert {row["company"] for row in rows} == {None}


@pytest.mark.parametrize("kind", ["truncate", "drop_before"])
def test_a_broken_download_is_completed(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox, tmp_path: Path, kind: str
) -> None:
    records = [{"email": f"p{number}@x.com"} for number in range(200)]
    sandboxed.sync_persons("createOrUpdate", "email", records)
    marketo_sandbox.control.faults(kind, match={"path": "file.json"}, times=2)
    target = tmp_path / "leads.csv"
    sandboxed.bulk_export("leads").run({"createdAt": last_month()}, ["email"], target)
    assert len(list(file_rows(target))) == 200
    (rule,) = marketo_sandbox.control.call("GET", "faults")["rules"]
    assert rule["hits"] == 2


def test_activities_are_exported(sandboxed: MarketoClient, tmp_path: Path) -> None:
    sandboxed.sync_persons("createOrUpdate", "email", [{"email": "a@x.com"}])
    target = tmp_path / "activities.csv"
    filters = {"createdAt": last_month(), "activityTypeIds": [12]}
    sandboxed.bulk_export("activities").run(filters, [], target)
    (row,) = file_rows(target)
    assert row["activityTypeId"] == "12"


def test_a_filter_that_the_instance_lacks_says_what_to_use(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    marketo_sandbox.control.settings(updated_at_filter=False)
    with pytest.raises(RejectedError, match="export by createdAt instead"):
        sandboxed.bulk_export("leads").create({"updatedAt": last_month()}, ["id"])
