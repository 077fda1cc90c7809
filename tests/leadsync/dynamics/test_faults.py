"""Error answers of every shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from leadsync.dynamics.errors import NotFoundError, to_error
from leadsync.dynamics.faults import Fault, named_column, normal_code, read_fault
from leadsync.errors import (
    ApiError,
    AuthenticationError,
    DeltaExpiredError,
    PermissionDeniedError,
    RejectedError,
    ThrottledError,
    TransientApiError,
)

NOW = datetime(2026, 1, 31, 10, tzinfo=UTC)


def fault(status: int, code: str = "", message: str = "No.") -> Fault:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return read_fault(status, {}, body, NOW)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("0x80040217", "0x80040217"),
        ("0X8004F507", "0x8004f507"),
        ("-2147220969", "0x80040217"),
        ("", ""),
        ("0x0", ""),
        ("0x00000000", ""),
        ("Bad", ""),
    ],
)
def test_codes_are_brought_to_one_form(sent: str, read: str) -> None:
    assert normal_code(sent) == read


@pytest.mark.parametrize(
    "body", [b"", b"<html>gateway</html>", b"[]", b'"text"', b'{"error":"flat"}', b'{"error":{}}']
)
def test_a_body_without_error_leaves_the_status(body: bytes) -> None:
    assert read_fault(502, {}, body, NOW).code == "502"


def test_the_wait_is_read_as_seconds_or_as_a_date() -> None:
    def wait(value: str) -> float | None:
        return read_fault(429, {"retry-after": value}, b"", NOW).retry_after

    assert wait("30") == 30
    assert wait("Sat, 31 Jan 2026 10:00:20 GMT") == 20
    assert wait("soon") is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "0x80072322", ThrottledError),
        (503, "", TransientApiError),
        (500, "0x80044150", TransientApiError),
        (400, "0x80044151", TransientApiError),
        (500, "0x80040333", RejectedError),
        (500, "0x80040265", RejectedError),
        (401, "", AuthenticationError),
        (403, "0x80072560", PermissionDeniedError),
        (403, "0x80040220", PermissionDeniedError),
        (400, "0x80044352", DeltaExpiredError),
        (410, "0x80044352", DeltaExpiredError),
        (500, "0x80044352", DeltaExpiredError),
        (413, "0x8004418a", RejectedError),
        (412, "0x80060882", RejectedError),
        (404, "0x80040217", NotFoundError),
    ],
)
def test_each_fault_becomes_its_error(status: int, code: str, kind: type[ApiError]) -> None:
    error = to_error(fault(status, code), "GET /leads")

    assert type(error) is kind
    assert error.code == (code or str(status))


def test_an_unreadable_stream_is_temporary_though_its_code_is_not() -> None:
    assert fault(400, "0x80048d19", "Stream was not readable").transient
    assert not fault(400, "0x80048d19", "Invalid property 'x'").transient


def test_the_missing_privilege_is_named() -> None:
    text = "Principal user (Id=1, type=8) is missing prvReadLead privilege (Id=2) on OTC=4"

    assert "prvReadLead" in to_error(fault(403, "0x80040220", text), "GET /leads").remedy


def test_a_stranger_is_told_to_become_an_application_user() -> None:
    assert "application users" in to_error(fault(403, "0x80072560"), "GET /WhoAmI").remedy


def test_e_mail_addresses_do_not_reach_the_message() -> None:
    error = to_error(fault(400, "0x80060888", "Syntax error in 'ann.o@x.com eq'"), "GET /leads")

    assert "ann" not in str(error)
    assert "***@***" in str(error)


@pytest.mark.parametrize(
    "message",
    [
        "Could not find a property named 'nickname' on type 'Microsoft.Dynamics.CRM.lead'.",
        "Propriété « nickname » introuvable.",
        "Eigenschaft „nickname“ fehlt.",
    ],
)
def test_an_unknown_column_is_found_in_any_language(message: str) -> None:
    assert named_column(message, ["subject", "nickname"]) == "nickname"
    assert named_column(message, ["subject"]) is None
