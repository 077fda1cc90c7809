"""How many calls run at the same time."""

from __future__ import annotations

import threading

import pytest

from leadsync.dynamics.parallelism import CALM_ANSWERS, Parallelism
from leadsync.errors import ThrottledError, TransientApiError

THROTTLED = ThrottledError("slow", system="dynamics", call="GET leads")


def test_the_servers_hint_is_a_cap_only() -> None:
    parallelism = Parallelism(8)

    parallelism.answered({"x-ms-dop-hint": "4"})
    assert parallelism.workers == 4

    parallelism.answered({"x-ms-dop-hint": "48"})
    assert parallelism.workers == 8

    parallelism.answered({"x-ms-dop-hint": "many"})
    assert parallelism.workers == 8


def test_throttling_halves_and_calm_restores() -> None:
    parallelism = Parallelism(8)

    parallelism.failed(THROTTLED)
    parallelism.failed(THROTTLED)
    parallelism.failed(TransientApiError("gone", system="dynamics", call="GET leads"))
    assert parallelism.workers == 2

    for _ in range(CALM_ANSWERS):
        parallelism.answered({})
    assert parallelism.workers == 3

    for _ in range(20 * CALM_ANSWERS):
        parallelism.answered({})
    assert parallelism.workers == 8


def test_one_worker_is_always_left() -> None:
    parallelism = Parallelism(1)

    parallelism.failed(THROTTLED)

    assert parallelism.workers == 1


def test_results_come_in_order_and_no_more_workers_run_than_allowed() -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2, timeout=5)

    def double(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1
        return 2 * number

    assert Parallelism(2).map(double, range(10)) == [2 * number for number in range(10)]
    assert most == 2


def test_the_first_error_is_raised() -> None:
    def fail(number: int) -> int:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        Parallelism(2).map(fail, range(4))
