"""Bulk import (reference/marketo-rest.md 14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import RejectedError, TransientApiError
from leadsync.marketo.bulk_csv import csv_parts
from leadsync.marketo.client import MarketoClient
from support.marketo_stub import refusal
from support.sandbox import RunningSandbox


def state(status: str, **facts: Any) -> dict[str, Any]:
    return {"result": [{"batchId": 7, "importId": "7", "status": status, **facts}]}


def test_a_file_goes_as_multipart_part_file(scripted: Any) -> None:
    scripted.marketo.will_answer(state("Importing"))
    assert scripted.client.bulk_import().submit(b"email\na@x.com\n", "email").batch_id == 7
    (request,) = scripted.marketo.asked
    assert request.files["file"].filename == "leads.csv"
    assert request.args.to_dict() == {"format": "csv", "lookupField": "email"}


def test_a_lost_import_is_not_repeated(scripted: Any) -> None:
    scripted.marketo.will_answer(Response("", 502))
    with pytest.raises(TransientApiError):
        scripted.client.bulk_import().submit(b"email\na@x.com\n", "email")
    assert len(scripted.marketo.asked) == 1


def test_a_full_queue_is_waited_out(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("1016", "Too many imports"), state("Queued"))
    scripted.client.bulk_import().submit(b"email\na@x.com\n", "email")
    assert scripted.clock.slept == [60.5]


def test_an_import_is_polled_until_it_ends(scripted: Any) -> None:
    done = state("Complete", numOfLeadsProcessed=2, numOfRowsFailed=1, numOfRowsWithWarning=1)
    scripted.marketo.will_answer(state("Queued"), state("Importing"), done)
    job = scripted.client.bulk_import().wait(7)
    assert (job.processed, job.failed, job.warned) == (2, 1, 1)
    assert scripted.clock.slept == [30.0, 30.0]


@pytest.mark.parametrize(
    ("status", "kind"), [("Failed", RejectedError), ("Importing", TransientApiError)]
)
def test_an_import_that_does_not_complete_is_an_error(
    scripted: Any, status: str, kind: type[Exception]
) -> None:
    scripted.marketo.will_answer(state(status), state(status))
    with pytest.raises(kind, match="import 7 is"):
        scripted.client.bulk_import().wait(7, timedelta(seconds=30))


@pytest.mark.parametrize("answer", [Response("", 200), Response("no file", 404)])
def test_no_failures_are_an_empty_list(scripted: Any, answer: Response) -> None:
    scripted.marketo.will_answer(answer)
    assert scripted.client.bulk_import().failures(7) == []


def test_persons_are_imported_and_bad_rows_told(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    marketo_sandbox.control.settings(import_seconds=45)
    rows = [
        {"email": "a@x.com", "numberOfEmployees": "12"},
        {"email": "b@x.com", "numberOfEmployees": "many"},
    ]
    (part,) = csv_parts(rows, ["email", "numberOfEmployees"])
    importer = sandboxed.bulk_import()
    job = importer.wait(importer.submit(part, "email").batch_id)
    assert job.failed == 1
    (failure,) = importer.failures(job.batch_id)
    assert failure["email"] == "b@x.com"
    assert failure["Import Failure Reason"]
    assert [row["email"] for row in marketo_sandbox.control.records("leads")] == ["a@x.com"]
