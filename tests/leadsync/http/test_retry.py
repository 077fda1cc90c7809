"""Waits and attempts of repeated calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from leadsync.errors import (
    LeadsyncError,
    QuotaSpentError,
    RejectedError,
    ThrottledError,
    TransientApiError,
)
from leadsync.http.retry import retrying


class CountingClock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 31, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def failing(times: int, error: LeadsyncError) -> Callable[[], str]:
    left = iter([error] * times)

    def call() -> str:
        for failure in left:
            raise failure
        return "done"

    return call


def test_retry_after_is_kept_exactly_and_then_jittered() -> None:
    clock = CountingClock()
    error = ThrottledError("busy", system="dynamics", call="GET /x", retry_after=30.0)
    assert retrying(clock, rand=lambda: 0.25)(failing(2, error)) == "done"
    assert clock.slept == [30.25, 30.25]


def test_waits_double_up_to_the_longest() -> None:
    clock = CountingClock()
    error = TransientApiError("lost", system="marketo", call="GET /x")
    caller = retrying(clock, first_wait=2.0, longest_wait=5.0, rand=lambda: 1.0)
    assert caller(failing(4, error)) == "done"
    assert clock.slept == [2.0, 4.0, 5.0, 5.0]


def test_the_last_error_is_raised_as_it_is() -> None:
    clock = CountingClock()
    error = TransientApiError("lost", system="marketo", call="GET /x")
    with pytest.raises(TransientApiError) as caught:
        retrying(clock)(failing(99, error))
    assert caught.value is error
    assert len(clock.slept) == 4


@pytest.mark.parametrize(
    "error",
    [
        RejectedError("no", system="marketo", call="POST /x", code="1003"),
        QuotaSpentError("spent", system="marketo", call="POST /x", code="607"),
    ],
)
def test_refusals_are_never_repeated(error: LeadsyncError) -> None:
    clock = CountingClock()
    with pytest.raises(type(error)):
        retrying(clock)(failing(1, error))
    assert clock.slept == []


def test_the_log_names_call_and_code_but_not_the_text(caplog: pytest.LogCaptureFixture) -> None:
    error = TransientApiError(
        "text of ann@example.com", system="marketo", call="GET /x", code="604"
    )
    retrying(CountingClock())(failing(1, error))
    assert "GET /x [604]" in caplog.text
    assert "ann@example.com" not in caplog.text
