"""Bulk extract (reference/marketo-rest.md 13; 21 items 19 and 20)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

import pytest

from leadsync_sandbox.marketo.defaults import OTHER_CLIENT_ID, OTHER_CLIENT_SECRET
from support.marketo_rest import Json, Rest

JANUARY = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-31T23:59:59Z"}
LEADS = "/bulk/v1/leads/export"


@pytest.fixture
def january(rest: Rest) -> Rest:
    rest.control.set_time("2026-01-31T10:00:00Z", frozen=True)
    rest.authenticate()
    rest.control.settings(rate_limit=0)
    return rest


def order(rest: Rest, kind: str = "leads", **body: Any) -> Json:
    default: Json = {"filter": {"createdAt": JANUARY}}
    if kind == "leads":
        default["fields"] = ["id", "email", "firstName", "unsubscribed"]
    return rest.post(f"/bulk/v1/{kind}/export/create.json", {**default, **body})


def run(rest: Rest, export_id: str, kind: str = "leads") -> Json:
    job = f"/bulk/v1/{kind}/export/{export_id}"
    assert rest.post(f"{job}/enqueue.json")["result"][0]["status"] == "Queued"
    rest.control.advance(61)
    done = rest.get(f"{job}/status.json")["result"][0]
    assert done["status"] == "Completed", done
    return dict(done)


def test_life_cycle_file_ranges_and_checksum(january: Rest) -> None:
    january.create(email="a@x.com", firstName='Ann "A"\nLee\u2028')
    (created,) = order(january)["result"]
    assert set(created) == {"exportId", "format", "status", "createdAt"}
    path = f"{LEADS}/{created['exportId']}/file.json"
    early = january.raw("GET", path)
    assert early.status_code == 404
    assert early.headers["Content-Type"].startswith("text/plain")
    done = run(january, created["exportId"])
    whole = january.raw("GET", path)
    assert whole.headers["Content-Type"] == "text/csv"
    digest = hashlib.sha256(whole.content).hexdigest()
    assert done["fileChecksum"] == f"sha256:{digest}"
    assert (done["numberOfRecords"], done["fileSize"]) == (1, len(whole.content))
    part = january.raw("GET", path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, whole.content[:10])
    assert part.headers["Content-Range"] == f"bytes 0-9/{len(whole.content)}"
    rest_of_it = january.raw("GET", path, headers={"Range": "bytes=10-"})
    assert part.content + rest_of_it.content == whole.content
    beyond = january.raw("GET", path, headers={"Range": "bytes=99999-"})
    assert beyond.status_code == 416
    (row,) = csv.DictReader(io.StringIO(whole.content.decode(), newline=""))
    assert row["firstName"] == 'Ann "A"\nLee\u2028'
    assert row["unsubscribed"] == "false"


def test_status_moves_at_most_every_60_seconds(january: Rest) -> None:
    export_id = order(january)["result"][0]["exportId"]
    path = f"{LEADS}/{export_id}/status.json"
    january.post(f"{LEADS}/{export_id}/enqueue.json")
    january.control.advance(59)
    assert january.get(path)["result"][0]["status"] == "Queued"
    january.control.settings(status_refresh_seconds=0.0)
    assert january.get(path)["result"][0]["status"] == "Completed"


def test_null_is_the_bare_word_and_headers_can_be_renamed(january: Rest) -> None:
    january.create(email="a@x.com")
    body: Json = {"fields": ["email", "firstName"], "columnHeaderNames": {"email": "Mail"}}
    export_id = order(january, format="TSV", **body)["result"][0]["exportId"]
    run(january, export_id)
    text = january.raw("GET", f"{LEADS}/{export_id}/file.json").text
    assert text == "Mail\tfirstName\na@x.com\tnull\n"


def test_updated_at_uses_the_internal_stamp(january: Rest) -> None:
    field = {"name": "own", "displayName": "Own", "dataType": "string"}
    january.control.edit("create", table="fields", fields=field)
    january.create(email="a@x.com")
    january.control.advance(5 * 86_400)
    january.authenticate()
    january.sync({"email": "a@x.com", "own": "x"})
    february = {"startAt": "2026-02-01T00:00:00Z", "endAt": "2026-02-28T00:00:00Z"}
    export_id = order(january, filter={"updatedAt": february})["result"][0]["exportId"]
    assert run(january, export_id)["numberOfRecords"] == 1
    gone = order(january, filter={"updatedAt": JANUARY})["result"][0]["exportId"]
    assert run(january, gone)["numberOfRecords"] == 0


def test_filters_fields_and_spans_are_checked(january: Rest) -> None:
    def code(**body: Any) -> str:
        return january.code(order(january, **body))

    assert code(fields=[]) == "1003"
    unknown = order(january, fields=["id", "site2"])
    assert unknown["errors"][0]["message"] == "Invalid fields [site2]"
    assert code(filter={}) == "1003"
    assert code(filter={"createdAt": JANUARY, "staticListId": 1}) == "1003"
    assert code(filter={"email": "x"}) == "1003"
    assert code(filter={"createdAt": {"startAt": JANUARY["startAt"]}}) == "1003"
    long = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-02-01T00:00:01Z"}
    assert code(filter={"createdAt": long}) == "1003"
    fine = {**JANUARY, "startAt": "2026-01-01T00:00:00.000Z"}
    assert code(filter={"createdAt": fine}) == "1003"
    assert code(format="XML") == "1003"
    january.control.settings(updated_at_filter=False)
    assert code(filter={"updatedAt": JANUARY}) == "1035"
    assert code(filter={"smartListId": 1}) == "1035"


def test_the_11th_job_the_quota_and_a_second_enqueue_are_1029(january: Rest) -> None:
    jobs = [order(january)["result"][0]["exportId"] for _ in range(11)]
    answers = [january.post(f"{LEADS}/{job}/enqueue.json") for job in jobs]
    assert answers[10]["errors"] == [{"code": "1029", "message": "Too many jobs (10) in queue"}]
    again = january.post(f"{LEADS}/{jobs[0]}/enqueue.json")
    assert january.code(again) == "1029"
    january.control.advance(600)
    january.get(f"{LEADS}.json")
    january.control.settings(export_daily_bytes=1)
    quota = order(january)["errors"][0]["message"]
    assert quota.startswith("Export daily quota")
    assert january.code(january.post(f"{LEADS}/{jobs[10]}/enqueue.json")) == "1029"
    january.control.advance(86_400)
    january.authenticate()
    assert order(january)["success"] is True


def test_two_jobs_run_at_a_time(january: Rest) -> None:
    january.control.settings(status_refresh_seconds=0.0)
    for _ in range(3):
        export_id = order(january)["result"][0]["exportId"]
        january.post(f"{LEADS}/{export_id}/enqueue.json")
    january.control.advance(21)
    shown = january.get(f"{LEADS}.json")["result"]
    assert [job["status"] for job in shown] == ["Processing", "Processing", "Queued"]


def test_cancel_and_list_by_status(january: Rest) -> None:
    first, second = (order(january)["result"][0]["exportId"] for _ in range(2))
    cancelled = january.post(f"{LEADS}/{first}/cancel.json")["result"][0]
    assert cancelled["status"] == "Cancelled"
    listed = january.get(f"{LEADS}.json?status=Canceled&status=Completed")["result"]
    assert [job["exportId"] for job in listed] == [first]
    assert january.code(january.post(f"{LEADS}/{first}/enqueue.json")) == "1003"
    run(january, second)
    assert january.code(january.post(f"{LEADS}/{second}/cancel.json")) == "1003"


def test_only_the_creator_sees_a_job_and_its_file_is_kept_7_days(january: Rest) -> None:
    export_id = order(january)["result"][0]["exportId"]
    run(january, export_id)
    january.control.advance(8 * 86_400)
    january.authenticate()
    assert january.raw("GET", f"{LEADS}/{export_id}/file.json").status_code == 404
    january.client = (OTHER_CLIENT_ID, OTHER_CLIENT_SECRET)
    january.authenticate()
    assert january.code(january.get(f"{LEADS}/{export_id}/status.json")) == "1013"
    assert january.get(f"{LEADS}.json")["result"] == []


def test_activities_carry_their_attributes_as_one_json_cell(january: Rest) -> None:
    number = january.create(email="a@x.com")
    january.sync({"email": "a@x.com", "firstName": "A"})
    body = {"filter": {"createdAt": JANUARY, "activityTypeIds": [13]}}
    export_id = order(january, "activities", **body)["result"][0]["exportId"]
    assert run(january, export_id, "activities")["numberOfRecords"] == 1
    text = january.raw("GET", f"/bulk/v1/activities/export/{export_id}/file.json").text
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["leadId"], row["campaignId"]) == (str(number), "null")
    assert json.loads(row["attributes"])["New Value"] == "A"
    deleted = {"filter": {"createdAt": JANUARY, "activityTypeIds": [37]}}
    assert january.code(order(january, "activities", **deleted)) == "1003"
    assert january.code(order(january, "activities", filter={"activityTypeIds": [13]})) == "1003"


def test_static_lists_are_a_filter(january: Rest) -> None:
    number = january.control.edit("create", table="lists", fields={"name": "Partners"})
    person = january.create(email="a@x.com")
    january.post(f"/rest/v1/lists/{number}/leads.json", {"input": [{"id": person}]})
    for chosen in ({"staticListId": number}, {"staticListName": "Partners"}):
        export_id = order(january, filter=chosen)["result"][0]["exportId"]
        assert run(january, export_id)["numberOfRecords"] == 1
