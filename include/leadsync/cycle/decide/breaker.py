"""The circuit breaker: too many failures at once have one cause, which a person should see first.

The cycle stops and fails with one error. Nothing is lost: the cursors stay where they are, so the
next cycle takes up the same rows, and goes on by itself when the cause is gone (semantics.md 7,
S124).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadsync.errors import LeadsyncError
from leadsync.redaction import redact
from leadsync.state.port import FailureItem

#: fewer failing rows than this are quarantined, whatever their share.
FEW_FAILURES = 20
#: reasons that the error names.
_REASONS = 3


class BreakerError(LeadsyncError):
    """More rows failed than the mapping's ``breaker_share`` allows (S124)."""


@dataclass(slots=True)
class Breaker:
    """Counts the rows on their way to one system, and those that failed, in one cycle.

    :param side: the system that the rows go to.
    :param share: the mapping's ``breaker_share``; 1 switches the breaker off.
    :param known: keys of records that were in quarantine before. They failed alone, and fail
        again when the mapping changes, so they are not counted.
    """

    side: str
    share: float
    known: Collection[str] = ()
    rows: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def count(
        self, passed: Iterable[Mapping[str, Any]], failed: Iterable[Mapping[str, Any]]
    ) -> None:
        """Add rows that were judged.

        :param passed: ``WRITES`` records that passed.
        :param failed: ``QUARANTINED`` records; a held field alone is no failed row.
        """
        self.rows += sum(self._counts(record) for record in passed)
        for item in failed:
            if item["item_key"] == item["record_key"] and self._counts(item):
                self.rows += 1
                self.failed += 1
                self.reasons.update({_reason(each) for each in json.loads(item["failures"])})

    def _counts(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record says something about all: persons that somebody asked to make
        rows of do not, because each of them is answered by itself.
        """
        asked_for = record["operation"] == "create" and self.side == "dynamics"
        return not asked_for and record["record_key"] not in self.known

    @property
    def tripped(self) -> bool:
        return self.failed >= FEW_FAILURES and self.failed > self.share * self.rows

    def check(self, consequence: str) -> None:
        """Stop when too many have failed.

        :param consequence: what became of the rows, for the message.
        :raises BreakerError: names counts, the most frequent reasons and the remedy.
        """
        if not self.tripped:
            return
        told = "; ".join(f"{n} x {reason}" for reason, n in self.reasons.most_common(_REASONS))
        raise BreakerError(
            f"{self.failed} of {self.rows} rows for {self.side.capitalize()} failed, more than "
            f"breaker_share ({self.share:.0%}) allows; {consequence}. Most frequent: {told}.",
            remedy="Remove the cause; the next cycle takes up the same rows by itself. Look at "
            "them with `leadsync plan`. If they are meant to wait in quarantine, raise "
            "breaker_share in the mapping file for the next cycle; 1 switches the breaker off.",
        )


def _reason(item: FailureItem) -> str:
    if item["source"] == "server":
        return f"{item['rule']} {redact(item['message'])}".strip()
    return f"{item['field']} {item['rule'].replace('_', ' ')}"
