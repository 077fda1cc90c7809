"""Bulk import (reference/marketo-rest.md 14; 21 item 21)."""

from __future__ import annotations

from support.marketo_rest import Json, Rest

PATH = "/bulk/v1/leads.json"
BATCH = "/bulk/v1/leads/batch"


def submit(rest: Rest, text: str, **query: object) -> Json:
    files = {"file": ("people.csv", text.encode(), "text/csv")}
    found: Json = rest.raw("POST", PATH, files=files, params={"format": "csv", **query}).json()
    return found


def status(rest: Rest, submitted: Json) -> Json:
    batch = submitted["result"][0]["batchId"]
    return dict(rest.get(f"{BATCH}/{batch}.json")["result"][0])


def test_rows_are_upserted_and_failures_have_a_reason_column(rest: Rest) -> None:
    rest.create(email="a@x.com", firstName="Old", title="CTO")
    text = "email,firstName,title,leadScore\na@x.com,New,,1\nb@x.com,Bo,NULL,2\nc@x.com,C,,ten\n"
    submitted = submit(rest, text)
    assert set(submitted["result"][0]) == {"batchId", "importId", "status"}
    done = status(rest, submitted)
    assert done["status"] == "Complete"
    assert (done["numOfLeadsProcessed"], done["numOfRowsFailed"]) == (2, 1)
    expected = "Import completed with errors, 2 records imported (2 members), 1 failed"
    assert done["message"] == expected
    failures = rest.raw("GET", f"{BATCH}/{done['batchId']}/failures.json").text
    assert failures == (
        "email,firstName,title,leadScore,Import Failure Reason\n"
        "c@x.com,C,,ten,Invalid data type in field Lead Score\n"
    )
    assert rest.raw("GET", f"{BATCH}/{done['batchId']}/warnings.json").content == b""
    (lead,) = rest.leads("email", "a@x.com", fields="firstName,title")
    assert (lead["firstName"], lead["title"]) == ("New", "CTO")


def test_a_clean_import_says_so_and_logs_its_source(rest: Rest) -> None:
    number = rest.control.edit("create", table="lists", fields={"name": "Partners"})
    done = status(rest, submit(rest, "email\na@x.com\nb@x.com\n", listId=number))
    assert done["message"] == "Import succeeded, 2 records imported (2 members)"
    assert rest.raw("GET", f"{BATCH}/{done['batchId']}/failures.json").content == b""
    assert len(rest.get(f"/rest/v1/lists/{number}/leads.json")["result"]) == 2
    (row, *_) = rest.changes(rest.token())
    attributes = {item["name"]: item["value"] for item in row["attributes"]}
    assert attributes["Source Type"] == "List import"


def test_lookup_by_id_only_updates(rest: Rest) -> None:
    number = rest.create(email="a@x.com")
    text = f"id,firstName\n{number},Ann\n99,Bo\n"
    done = status(rest, submit(rest, text, lookupField="id"))
    assert (done["numOfLeadsProcessed"], done["numOfRowsFailed"]) == (1, 1)


def test_progress_follows_the_clock_and_ten_may_wait(rest: Rest) -> None:
    rest.control.settings(import_seconds=60.0)
    submitted = [submit(rest, "email\na@x.com\n") for _ in range(11)]
    assert rest.code(submitted[10]) == "1016"
    assert status(rest, submitted[0])["status"] == "Importing"
    assert status(rest, submitted[5])["status"] == "Queued"
    batch = submitted[0]["result"][0]["batchId"]
    assert rest.raw("GET", f"{BATCH}/{batch}/failures.json").status_code == 404
    rest.control.advance(61)
    assert status(rest, submitted[0])["status"] == "Complete"


def test_the_format_may_be_a_form_field_and_the_part_is_named_file(rest: Rest) -> None:
    files = {"file": ("p.csv", b"email\na@x.com\n"), "format": (None, "csv")}
    assert rest.raw("POST", PATH, files=files).json()["success"] is True
    wrong = {"data": ("p.csv", b"email\n")}
    assert rest.code(rest.raw("POST", f"{PATH}?format=csv", files=wrong).json()) == "613"
    assert rest.code(rest.post(f"{PATH}?format=csv", {})) == "612"
    assert rest.code(submit(rest, "email\n", format="xls")) == "1003"
    assert rest.code(submit(rest, "email\n", lookupField="firstName")) == "1011"
    assert rest.code(submit(rest, "email\n", listId=9)) == "1013"


def test_unknown_columns_fail_the_import(rest: Rest) -> None:
    done = status(rest, submit(rest, "email,nope\na@x.com,1\n"))
    assert done["status"] == "Failed"
    assert "nope" in done["message"]


def test_a_file_above_10_mb_is_413(rest: Rest) -> None:
    files = {"file": ("p.csv", b"x" * (10 * 1024 * 1024 + 1))}
    assert rest.raw("POST", f"{PATH}?format=csv", files=files).status_code == 413
