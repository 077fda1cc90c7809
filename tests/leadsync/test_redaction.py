"""Secrets and personal data never reach a log."""

from __future__ import annotations

import io
import logging
import uuid
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadsync.redaction import hide_secret, install_redaction, redact


@pytest.mark.parametrize(
    "text",
    [
        "wrote to Jane.Doe+x@example.co.uk twice",
        "GET /rest/v1/leads.json?filterValues=jane%40example.com",
        "phone +46 8 123 45 67.",
        "phone +1-555-123-4567",
        "phone (555) 123-4567",
        "phone 555-123-4567",
        "phone 08-123 45 67",
        "client_secret=abc123&grant_type=client_credentials",
        '{"access_token": "abc 123", "expires_in": 3599}',
        "Authorization: Bearer abc123abc123",
        "header Bearer abc123abc123",
        "postgresql://user:abc123@host/db",
        "token eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
        "X-API-Key: abc123",
    ],
)
def test_personal_data_and_secrets_are_masked(text: str) -> None:
    clean = redact(text)
    assert "***" in clean
    for secret in ("Jane", "jane", "45 67", "4567", "abc123", "abc 123", "eyJ"):
        assert secret not in clean


@pytest.mark.parametrize(
    "text",
    [
        "cycle scheduled__2026-01-31T10:00:00+00:00 opened at 2026-01-31 10:00:00,123",
        "person 1234567890 linked to lead 6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "lead 00000000-0000-0000-0000-000000000012",
        "GET https://123-ABC-456.mktorest.com/rest/v1/activities.json?nextPageToken=WQV2",
        "http://127.0.0.1:8080/api/data/v9.2/leads",
        "call 607: 50,000 of 50,000 calls used; retry in 30.5 s",
        "lease cycle (token 3) of run-1",
        'etag W/"1234567"',
    ],
)
def test_what_operators_need_stays(text: str) -> None:
    assert redact(text) == text


@settings(deadline=None)
@given(st.uuids(), st.integers(0, 2**40), st.datetimes(datetime(1970, 1, 1)))
def test_ids_and_instants_are_never_taken_for_telephone_numbers(
    row: uuid.UUID, person: int, at: object
) -> None:
    text = f"{at} lead {row} person {person}"
    assert redact(text) == text


@settings(deadline=None)
@given(st.text(), st.emails())
@example("", "=@A.Af")
def test_no_address_survives(before: str, address: str) -> None:
    clean = redact(f"{before} {address} ")
    assert address not in clean


@settings(deadline=None)
@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_told_secrets_are_masked_wherever_they_stand() -> None:
    hide_secret("s3cr3t-Value/1")
    assert redact("x=s3cr3t-Value/1y") == "x=***y"


def test_short_and_missing_secrets_do_not_mask_ordinary_text() -> None:
    hide_secret("a")
    hide_secret("")
    hide_secret(None)
    assert redact("a cat") == "a cat"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    logger, written = logging.getLogger(f"test.{uuid.uuid4()}"), io.StringIO()
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(written))
    yield logger, written
    logger.handlers.clear()


def test_handlers_write_redacted_records(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    install_redaction(logger)
    logger.warning("wrote to %s, %d rows", "jane@example.com", 3)
    assert written.getvalue() == "wrote to ***@***, 3 rows\n"


def test_tracebacks_are_redacted(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    install_redaction(logger)
    try:
        raise ValueError("jane@example.com is taken")
    except ValueError:
        logger.exception("failed")
    assert "ValueError: ***@*** is taken" in written.getvalue()
    assert "Traceback" in written.getvalue()
    assert "jane" not in written.getvalue()


def test_installing_twice_adds_one_filter_and_can_be_undone(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, written = log
    remove = install_redaction(logger)
    install_redaction(logger)
    assert len(logger.handlers[0].filters) == 1
    remove()
    logger.warning("jane@example.com")
    assert written.getvalue() == "jane@example.com\n"


def test_records_with_wrong_arguments_do_not_break_the_program(
    log: tuple[logging.Logger, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    logger, written = log
    monkeypatch.setattr(logging, "raiseExceptions", False)
    install_redaction(logger)
    logger.warning("%d rows", "many")
    logger.warning("next")
    assert written.getvalue() == "next\n"
