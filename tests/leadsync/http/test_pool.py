"""Calls side by side keep the order of their inputs."""

from __future__ import annotations

import threading

import pytest

from leadsync.http.pool import in_order


@pytest.mark.parametrize("workers", [1, 4])
def test_results_keep_the_order_of_the_inputs(workers: int) -> None:
    assert in_order(lambda number: number * 2, list(range(50)), workers) == list(range(0, 100, 2))


def test_a_single_item_needs_no_thread() -> None:
    assert in_order(lambda _: threading.current_thread(), [1], 4) == [threading.main_thread()]


def test_nothing_gives_nothing() -> None:
    assert in_order(lambda number: number, [], 4) == []


def test_the_first_failing_item_decides_and_the_rest_is_dropped() -> None:
    started: list[int] = []

    def work(number: int) -> int:
        started.append(number)
        if number in (1, 2):
            raise ValueError(f"item {number}")
        return number

    with pytest.raises(ValueError, match="item 1"):
        in_order(work, list(range(1000)), 2)
    assert len(started) < 1000
