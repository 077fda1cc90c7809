"""What the answer to one written row means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from leadsync.dynamics.batch import PartAnswer
from leadsync.dynamics.faults import Fault
from leadsync.dynamics.outcome import outcome_of
from leadsync.model import RowResult, RowWrite
from support.web_api import guid

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)
ROW, ACCOUNT = guid(0xABCDEF), guid(2)
BIND = {"parentcustomerid_account@odata.bind": f"/accounts({ACCOUNT})"}


def update(body: dict[str, Any] | None = None) -> RowWrite:
    return RowWrite("update", "contact", ROW, body or {"jobtitle": "CTO"}, 'W/"1"')


def create(body: dict[str, Any] | None = None) -> RowWrite:
    return RowWrite("create", "contact", ROW, body or {"jobtitle": "CTO"})


def outcome(write: RowWrite, status: int, code: str = "", message: str = "No.") -> Any:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return outcome_of(write, PartAnswer(status, {}, body), NOW)


@pytest.mark.parametrize(
    "answer",
    [
        PartAnswer(200, {}, b'{"@odata.etag":"W/\\"5\\"","contactid":"1"}'),
        PartAnswer(201, {}, b'{"@odata.etag":"W/\\"5\\""}'),
        PartAnswer(204, {"etag": 'W/"5"'}),
    ],
)
def test_a_written_row_brings_its_etag(answer: PartAnswer) -> None:
    assert outcome_of(update(), answer, NOW) == RowResult("written", 'W/"5"')


def test_a_written_row_may_come_without_etag() -> None:
    assert outcome_of(create(), PartAnswer(204, {}), NOW) == RowResult("written")


@pytest.mark.parametrize(
    ("write", "status", "code", "expected"),
    [
        (update(), 412, "0x80060882", "conflict"),
        (update(), 412, "", "conflict"),
        (update(), 412, "0x80060892", "rejected"),
        (create(), 412, "0x80040237", "exists"),
        (create(), 412, "0x80060892", "exists"),
        (create(), 412, "", "exists"),
        (create(), 412, "0x80040333", "rejected"),
        (create(), 500, "0x80040333", "rejected"),
        (update(), 404, "0x80060891", "rejected"),
        (update(), 404, "0x80060888", "rejected"),
        (update(), 400, "0x80044331", "rejected"),
        (update(), 403, "0x8004F507", "rejected"),
    ],
)
def test_refusals(write: RowWrite, status: int, code: str, expected: str) -> None:
    result = outcome(write, status, code)

    assert result.status == expected
    assert result.error.code == (code.lower() or str(status))


@pytest.mark.parametrize(
    ("write", "message", "expected"),
    [
        (update(), f"Contact With Id = {ROW.upper()} Does Not Exist", "missing"),
        (update(BIND), f"Entity 'Contact' With Id = {ROW} Does Not Exist", "missing"),
        (update(BIND), f"Entity 'Account' With Id = {ACCOUNT} Does Not Exist", "rejected"),
        (update(), "Nicht gefunden", "missing"),
        (update(BIND), "Nicht gefunden", "rejected"),
        (update({"parentcustomerid_account@odata.bind": None}), "Nicht gefunden", "missing"),
        (create(BIND), f"Entity 'Account' With Id = {ACCOUNT} Does Not Exist", "rejected"),
        (create(), f"Contact With Id = {ROW} Does Not Exist", "rejected"),
    ],
)
def test_a_404_is_about_the_row_or_about_a_bound_one(
    write: RowWrite, message: str, expected: str
) -> None:
    assert outcome(write, 404, "0x80040217", message).status == expected


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (429, "0x80072322", ""),
        (503, "", ""),
        (500, "0x80044150", "Sql Number: 1205"),
        (400, "0x80048d19", "Stream was not readable"),
    ],
)
def test_temporary_faults_are_sent_again(status: int, code: str, message: str) -> None:
    assert isinstance(outcome(update(), status, code, message), Fault)
