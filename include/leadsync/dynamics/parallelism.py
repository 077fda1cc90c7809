"""How many calls to make at the same time (reference/dataverse-webapi.md 14)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from leadsync.errors import ThrottledError, TransientApiError

#: Answers without throttling after which one more worker is allowed again.
CALM_ANSWERS = 20

Given = TypeVar("Given")
Result = TypeVar("Result")


class Parallelism:
    """Follows the server's ``x-ms-dop-hint``, halves when throttled, recovers one by one.

    :param most: the connection's ``max_concurrency``, never exceeded.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._hint = most
        self._allowed = most
        self._calm = 0
        self._lock = threading.Lock()

    @property
    def workers(self) -> int:
        """Calls to run at the same time now; at least 1."""
        with self._lock:
            return max(1, min(self._most, self._hint, self._allowed))

    def answered(self, headers: Mapping[str, str]) -> None:
        """Take over the hint of an answer, where there is one, and count it as a calm one."""
        hint = headers.get("x-ms-dop-hint", "")
        with self._lock:
            if hint.isdigit() and int(hint) > 0:
                self._hint = int(hint)
            self._calm += 1
            if self._calm >= CALM_ANSWERS and self._allowed < self._most:
                self._allowed, self._calm = self._allowed + 1, 0

    def failed(self, error: TransientApiError) -> None:
        """Halve after a 429."""
        if isinstance(error, ThrottledError):
            with self._lock:
                self._allowed, self._calm = max(1, self._allowed // 2), 0

    def map(self, function: Callable[[Given], Result], items: Iterable[Given]) -> list[Result]:
        """Apply ``function`` to ``items`` with :attr:`workers` threads; results in their order.

        The first error is raised; calls not started by then are not made.
        """
        todo: Sequence[Given] = list(items)
        workers = min(self.workers, len(todo))
        if workers <= 1:
            return [function(item) for item in todo]
        with ThreadPoolExecutor(workers, thread_name_prefix="dynamics") as pool:
            futures = [pool.submit(function, item) for item in todo]
            try:
                return [future.result() for future in futures]
            finally:
                for future in futures:
                    future.cancel()
