"""Answers and codes (reference/marketo-rest.md 3, 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import (
    ApiError,
    LeadsyncError,
    PermissionDeniedError,
    QuotaSpentError,
    RejectedError,
    SchemaChangedError,
    ThrottledError,
    TransientApiError,
)
from leadsync.marketo.codes import error_for, safe_reset
from leadsync.model import RecordError
from support.marketo_stub import envelope, refusal

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS = {"result": [{"date": "2026-01-31", "total": 7}]}


def error(code: str, message: str = "no") -> ApiError:
    return error_for([RecordError(code, message)], "GET /x", NOW)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("603", "Access denied", PermissionDeniedError),
        ("604", "Request timed out", TransientApiError),
        ("606", "Max rate limit '100' exceeded with in '20' secs", ThrottledError),
        ("607", "Daily quota reached", QuotaSpentError),
        ("610", "Requested resource not found", RejectedError),
        ("611", "System error", TransientApiError),
        ("615", "Concurrent access limit '10' reached", ThrottledError),
        ("713", "Transient Error", TransientApiError),
        ("0", "", TransientApiError),
        ("1003", "Invalid data", RejectedError),
        ("1006", "Field 'shoeSize' not found", SchemaChangedError),
        ("1016", "Too many imports", ThrottledError),
        ("1029", "Too many jobs (10) in queue", ThrottledError),
        ("1029", "Export daily quota 500MB exceeded", QuotaSpentError),
        ("1029", "Job is already queued", RejectedError),
        ("9999", "never heard of", RejectedError),
    ],
)
def test_each_code_becomes_its_kind_of_error(
    code: str, message: str, kind: type[LeadsyncError]
) -> None:
    found = error(code, message)
    assert type(found) is kind
    assert found.code == code


def test_every_documented_code_that_is_for_good_is_not_repeated() -> None:
    for number in (609, 610, 612, 613, 616, 701, 703, 704, 709, 710, 1001, 1004, 1018, 1035, 1080):
        assert not isinstance(error(str(number)), TransientApiError)


def test_waits_follow_the_code() -> None:
    rate, running, queue = error("606"), error("615"), error("1016")
    assert isinstance(rate, ThrottledError)
    assert isinstance(running, ThrottledError)
    assert isinstance(queue, ThrottledError)
    assert (rate.retry_after, running.retry_after, queue.retry_after) == (20.0, None, 60.0)


@pytest.mark.parametrize(
    ("now", "reset"),
    [
        (datetime(2026, 7, 1, 5, 30, tzinfo=UTC), datetime(2026, 7, 1, 6, 5, tzinfo=UTC)),
        (datetime(2026, 7, 1, 6, 5, tzinfo=UTC), datetime(2026, 7, 2, 6, 5, tzinfo=UTC)),
        (datetime(2026, 1, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, 6, 5, tzinfo=UTC)),
    ],
)
def test_a_spent_quota_parks_until_both_readings_of_midnight_are_over(
    now: datetime, reset: datetime
) -> None:
    assert safe_reset(now) == reset


def test_messages_lose_addresses_and_values_but_keep_the_field() -> None:
    text = str(
        error("1003", "Invalid value for field 'email' and value 'ann b' of ann@example.com")
    )
    assert "'email'" in text
    assert "ann" not in text


def test_all_codes_of_a_refusal_are_told() -> None:
    errors = [RecordError("1003", "first"), RecordError("1006", "second")]
    assert "with 1006" in str(error_for(errors, "GET /x", NOW))


def test_missing_members_and_unknown_ones_are_tolerated(scripted: Any) -> None:
    scripted.marketo.will_answer({"result": [{}]}, {"warnings": [], "errors": []}, {"surprise": 1})
    usage = scripted.client.usage_today()
    assert (usage.total, usage.by_user) == (0, {})
    assert scripted.client.usage_today() is None
    assert scripted.client.usage_today() is None


@pytest.mark.parametrize(
    ("failure", "waits"),
    [
        (refusal("606"), [20.5]),
        (refusal("615"), [0.75]),
        (refusal("608"), [0.75]),
        (refusal("604"), [0.75]),
        (Response("<html>502 Bad Gateway</html>", 502), [0.75]),
        (Response('{"requestId":"1#2","succ', 200, content_type="application/json"), [0.75]),
        (Response("[]", 200), [0.75]),
        (Response("slow down", 429, {"Retry-After": "7"}), [7.5]),
    ],
)
def test_temporary_failures_of_a_read_are_repeated(
    scripted: Any, failure: Response, waits: list[float]
) -> None:
    scripted.marketo.will_answer(failure, DAYS)
    assert scripted.client.usage_today().total == 7
    assert scripted.clock.slept == waits


@pytest.mark.parametrize(
    ("code", "calls"), [("611", 3), ("614", 3), ("604", 3), ("713", 5), ("606", 8)]
)
def test_repeating_ends(scripted: Any, code: str, calls: int) -> None:
    scripted.marketo.will_answer(*[refusal(code)] * calls)
    with pytest.raises(TransientApiError, match=f"\\[{code}\\]"):
        scripted.client.usage_today()
    assert len(scripted.marketo.asked) == calls


@pytest.mark.parametrize("code", ["603", "605", "607", "609", "610", "1003"])
def test_refusals_are_not_repeated(scripted: Any, code: str) -> None:
    scripted.marketo.will_answer(refusal(code))
    with pytest.raises(ApiError):
        scripted.client.usage_today()
    assert len(scripted.marketo.asked) == 1


def test_a_spent_quota_is_not_asked_about_again_before_its_reset(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("607"), DAYS)
    for _ in range(3):
        with pytest.raises(QuotaSpentError) as caught:
            scripted.client.usage_today()
    assert len(scripted.marketo.asked) == 1
    reset = caught.value.resets_at
    scripted.clock.sleep((reset - scripted.clock.now()).total_seconds())
    assert scripted.client.usage_today().total == 7


def test_no_data_found_is_an_empty_answer(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("702", "No data found"))
    assert scripted.client.usage_today() is None


def test_success_without_the_word_is_no_success(scripted: Any) -> None:
    scripted.marketo.will_answer(envelope(success=False))
    with pytest.raises(RejectedError, match="without a reason"):
        scripted.client.usage_today()


def test_an_unexpected_status_names_the_host_as_suspect(scripted: Any) -> None:
    scripted.marketo.will_answer(Response("nothing here", 404))
    with pytest.raises(RejectedError, match=r"\[404\].*Check the connection's host"):
        scripted.client.usage_today()
