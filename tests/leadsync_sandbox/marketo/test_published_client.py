"""The published package marketorestpython works against the stand-in unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from marketorestpython.client import MarketoClient
from marketorestpython.helper import http_lib
from marketorestpython.helper.exceptions import MarketoException

from support.sandbox import RunningSandbox


@pytest.fixture
def client(marketo_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(http_lib.time, "sleep", lambda _seconds: None)
    made = MarketoClient("123-ABC-456", marketo_sandbox.client_id, marketo_sandbox.client_secret)
    made.host = marketo_sandbox.url
    marketo_sandbox.control.settings(rate_limit=0)
    return made


def test_writes_reads_and_deletes(client: Any) -> None:
    people = [{"email": f"p{n}@x.com", "firstName": f"P{n}"} for n in range(3)]
    made = client.execute("create_update_leads", leads=people, action="createOnly")
    ids = [result["id"] for result in made]
    found = client.execute(
        "get_multiple_leads_by_filter_type",
        filterType="email",
        filterValues=[person["email"] for person in people],
        batchSize=2,
    )
    assert [lead["id"] for lead in found] == ids
    assert client.execute("get_lead_by_id", id=ids[0])[0]["firstName"] == "P0"
    assert client.execute("merge_lead", id=ids[0], leadIds=[ids[1]]) is True
    deleted = client.execute("delete_lead", id=[ids[2]])
    assert deleted == [{"id": ids[2], "status": "deleted"}]


def test_follows_the_feeds(client: Any) -> None:
    since = "2020-01-01T00:00:00Z"
    (made,) = client.execute("create_update_leads", leads=[{"email": "a@x.com"}])
    client.execute("create_update_leads", leads=[{"email": "a@x.com", "firstName": "A"}])
    changes = client.execute("get_lead_changes", fields=["firstName"], sinceDatetime=since)
    assert [row["activityTypeId"] for row in changes] == [12, 13]
    rows = client.execute("get_lead_activities", activityTypeIds=["12"], sinceDatetime=since)
    assert len(rows) == 1
    client.execute("delete_lead", id=[made["id"]])
    gone = client.execute("get_deleted_leads", sinceDatetime=since)
    assert [row["leadId"] for row in gone] == [made["id"]]


def test_describes_and_counts(client: Any) -> None:
    assert len(client.execute("describe")) == 91
    assert client.execute("describe2")[0]["name"] == "API Lead"
    assert client.execute("get_lead_partitions")[0]["name"] == "Default"
    assert len(client.execute("get_activity_types")) > 10
    assert client.execute("get_daily_usage")[0]["total"] >= 4
    assert client.execute("get_last_7_days_errors")[0]["total"] == 0


def test_lists(client: Any, marketo_sandbox: RunningSandbox) -> None:
    number = marketo_sandbox.control.edit("create", table="lists", fields={"name": "Partners"})
    (made,) = client.execute("create_update_leads", leads=[{"email": "a@x.com"}])
    person = made["id"]
    assert client.execute("add_leads_to_list", listId=number, id=[person])[0]["status"] == "added"
    member = client.execute("member_of_list", listId=number, id=[person])
    assert member[0]["status"] == "memberof"
    leads = client.execute("get_multiple_leads_by_list_id", listId=number)
    assert [lead["id"] for lead in leads] == [person]
    removed = client.execute("remove_leads_from_list", listId=number, id=[person])
    assert removed[0]["status"] == "removed"
    assert client.execute("get_multiple_lists", name="Partners")[0]["id"] == number


def test_custom_activities(client: Any) -> None:
    client.execute(
        "create_custom_activity_type",
        apiName="lsFail",
        name="Fail",
        triggerName="Fails",
        filterName="Failed",
        primaryAttributeApiName="field",
        primaryAttributeName="Field",
    )
    client.execute("approve_custom_activity_type", apiName="lsFail")
    (known,) = client.execute("get_custom_activity_types")
    (made,) = client.execute("create_update_leads", leads=[{"email": "a@x.com"}])
    item = {
        "leadId": made["id"],
        "activityDate": "2026-01-31T10:00:00Z",
        "activityTypeId": known["id"],
        "primaryAttributeValue": "x",
        "attributes": [],
    }
    assert client.execute("add_custom_activities", input=[item])[0]["status"] == "added"


def test_companies(client: Any) -> None:
    record = {"externalCompanyId": "acc-1", "company": "Acme"}
    (made,) = client.execute("create_update_companies", input=[record])
    assert made["status"] == "created"
    found = client.execute(
        "get_companies", filterType="externalCompanyId", filterValues=["acc-1"], fields=["company"]
    )
    assert found[0]["company"] == "Acme"


def test_bulk_jobs(client: Any, marketo_sandbox: RunningSandbox, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,firstName\na@x.com,Ann\n")
    (batch,) = client.execute("import_lead", format="csv", file=str(file))
    status = client.execute("get_import_lead_status", id=batch["batchId"])
    assert status[0]["status"] == "Complete"
    assert client.execute("get_import_failure_file", id=batch["batchId"]) == ""
    day = marketo_sandbox.sandbox.clock.now().strftime("%Y-%m-%d")
    span = {"startAt": f"{day}T00:00:00Z", "endAt": f"{day}T23:59:59Z"}
    (job,) = client.execute(
        "create_leads_export_job", fields=["email"], filters={"createdAt": span}
    )
    client.execute("enqueue_leads_export_job", job_id=job["exportId"])
    marketo_sandbox.control.advance(61)
    (done,) = client.execute("get_leads_export_job_status", job_id=job["exportId"])
    assert (done["status"], done["numberOfRecords"]) == ("Completed", 1)
    content = client.execute("get_leads_export_job_file", job_id=job["exportId"])
    assert content == b"email\na@x.com\n"


def test_errors_arrive_as_marketo_codes(client: Any) -> None:
    with pytest.raises(MarketoException) as raised:
        client.create_update_leads(leads=[{"nope": 1}])
    assert raised.value.code == "1006"
