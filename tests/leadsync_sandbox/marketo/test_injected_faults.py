"""Faults on Marketo calls (reference/marketo-rest.md 21 item 26)."""

from __future__ import annotations

import pytest
import requests

from support.marketo_rest import Rest

LEADS = "/rest/v1/leads.json"
WRITE = {"method": "POST", "path": "/rest/v1/leads.json"}
BODY = {"input": [{"email": "a@x.com"}]}


def test_a_gateway_failure_is_html(rest: Rest) -> None:
    rest.control.faults("error", params={"status": 502})
    answer = rest.raw("GET", LEADS)
    assert answer.status_code == 502
    assert answer.headers["Content-Type"] == "text/html"
    assert "<html>" in answer.text


@pytest.mark.parametrize("code", ["606", "608", "611", "713"])
def test_marketo_codes_come_with_http_200(rest: Rest, code: str) -> None:
    rest.control.faults("error", params={"code": code})
    answer = rest.raw("GET", LEADS)
    assert answer.status_code == 200
    assert rest.code(answer.json()) == code
    assert rest.control.journal()[-1]["errors"] == [code]


def test_604_after_the_commit_hides_a_write_that_happened(rest: Rest) -> None:
    rest.control.faults("error", match=WRITE, params={"code": "604", "after": True})
    assert rest.code(rest.post(LEADS, BODY)) == "604"
    assert len(rest.leads("email", "a@x.com")) == 1


def test_a_reset_while_a_file_is_downloaded_can_be_resumed(rest: Rest) -> None:
    rest.control.settings(
        export_queue_seconds=0.0, export_run_seconds=0.0, status_refresh_seconds=0.0
    )
    rest.create(email="a@x.com")
    span = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-31T00:00:00Z"}
    body = {"fields": ["id"], "filter": {"createdAt": span}}
    job = rest.post("/bulk/v1/leads/export/create.json", body)["result"][0]["exportId"]
    path = f"/bulk/v1/leads/export/{job}"
    rest.post(f"{path}/enqueue.json")
    assert rest.get(f"{path}/status.json")["result"][0]["status"] == "Completed"
    rest.control.faults("truncate", match={"path": "file.json"}, params={"keep": 1})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        rest.raw("GET", f"{path}/file.json")
    tail = rest.raw("GET", f"{path}/file.json", headers={"Range": "bytes=1-"})
    assert tail.status_code == 206


def test_a_users_edit_slips_in_before_our_write(rest: Rest) -> None:
    number = rest.create(email="a@x.com", title="CTO")
    edit = {"operation": "update", "id": number, "fields": {"title": "CIO"}}
    rest.control.faults("edit_before_write", match=WRITE, params={"edit": edit})
    rest.sync({"email": "a@x.com", "title": "CEO"})
    rows = rest.control.records("activities", typeId=13)
    assert [(row["oldValue"], row["newValue"]) for row in rows] == [("CTO", "CIO"), ("CIO", "CEO")]
    assert [row["attributes"]["Source"] for row in rows] == [
        "Marketo Flow Action",
        "Web service API",
    ]


def test_secrets_stay_out_of_the_journal(rest: Rest) -> None:
    rest.identity()
    entry = rest.control.journal()[-1]
    assert entry["kind"] == "token"
    assert rest.client[1] not in entry["query"]


def test_bad_manners_are_noted_though_served(rest: Rest) -> None:
    rest.sync({"email": "a@x.com", "title": ""}, {"email": "A@x.com"})
    assert rest.control.journal()[-1]["complaints"] == [
        "an empty string is sent instead of null (27)",
        "one key is twice in a batch (26)",
    ]
    path = f"/rest/v1/activities.json?listId=1&access_token=x&nextPageToken={rest.token()}"
    rest.raw("GET", path, headers={"Accept-Encoding": "identity"})
    assert len(rest.control.journal()[-1]["complaints"]) == 3
    rest.create(email="b@x.com")
    assert rest.control.journal()[-1]["complaints"] == []


def test_the_realistic_latency_profile_slows_answers(rest: Rest) -> None:
    rest.control.settings(latency="realistic")
    answer = rest.raw("GET", "/rest/v1/leads/partitions.json")
    assert answer.elapsed.total_seconds() >= 0.4
