"""Independent calls side by side, with results in the order of their inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> list[Result]:
    """Return ``function`` of every item; a single item needs no thread.

    The error of the first failing item is raised, and calls that have not started are dropped.
    """
    if len(items) < 2 or workers < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(workers, len(items))) as pool:
        calls = [pool.submit(function, item) for item in items]
        try:
            return [call.result() for call in calls]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
