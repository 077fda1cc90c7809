"""What is known of the rows of one write while its batches go out; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from leadsync.dynamics.batch import BatchAnswer
from leadsync.dynamics.faults import Fault
from leadsync.dynamics.outcome import outcome_of, postponed
from leadsync.model import RowResult, RowWrite


class Progress:
    """Rows by their position: settled, failing for a time, or sent with unknown outcome."""

    def __init__(self, writes: Sequence[RowWrite]) -> None:
        self.writes = writes
        self._results: dict[int, RowResult] = {}
        self._faults: dict[int, Fault] = {}
        self._doubted: set[int] = set()

    def unsettled(self, among: Iterable[int]) -> list[int]:
        """Return the rows without a result, in order."""
        return [index for index in among if index not in self._results]

    def faults(self, among: Iterable[int]) -> list[Fault]:
        """Return the temporary faults of the rows that failed last."""
        return [self._faults[index] for index in among if index in self._faults]

    def doubt(self, indexes: Iterable[int]) -> None:
        """Note that an attempt may have been executed."""
        self._doubted.update(indexes)

    def settle(self, index: int, result: RowResult) -> None:
        """Set a row's result."""
        self._results[index] = result
        self._faults.pop(index, None)

    def take(self, sent: Sequence[int], answer: BatchAnswer, now: datetime) -> list[int]:
        """Take over the answers to the rows ``sent``; return those that got none."""
        for index, part in zip(sent, answer.parts, strict=False):
            outcome = outcome_of(self.writes[index], part, now)
            if isinstance(outcome, RowResult):
                self.settle(index, outcome)
                continue
            self._faults[index] = outcome
            if not outcome.throttled:
                self.doubt([index])
        unanswered = list(sent[len(answer.parts) :])
        if not answer.complete:
            self.doubt(unanswered)
        return unanswered

    def taken_ids(self) -> list[int]:
        """Return creates whose id or key was taken after an attempt of unknown outcome."""
        return [
            index
            for index in sorted(self._doubted)
            if index in self._results and self._results[index].status == "exists"
        ]

    def finished(self) -> list[RowResult]:
        """Return all results in input order; what still fails is left to the next cycle."""
        for index, fault in list(self._faults.items()):
            self.settle(index, postponed(fault))
        return [self._results[index] for index in range(len(self.writes))]
