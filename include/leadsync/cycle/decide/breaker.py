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
from leadsync.mapping.plan import Policies
from leadsync.redaction import redact
from leadsync.state.load_progress import NOTHING, Tally
from leadsync.state.port import FailureItem

#: fewer failing rows than this are quarantined, whatever their share.
FEW_FAILURES = 20
#: reasons that the error names.
_REASONS = 3


class BreakerError(LeadsyncError):
    """More rows failed than the mapping's policies allow (S124)."""


@dataclass(slots=True)
class Breaker:
    """Counts the rows on their way to one system, and those that failed, in one cycle.

    :param side: the system that the rows go to.
    :param policies: the mapping's limits; a ``breaker_share`` of 1 switches the breaker off.
    :param before: what was counted in the other parts of the same load.
    :param known: keys of records that were in quarantine before. They failed alone, and fail
        again when the mapping changes, so they are not counted.
    :ivar refused_batches: the latest batches in a row of which every row failed.
    """

    side: str
    policies: Policies
    known: Collection[str] = ()
    before: Tally = NOTHING
    rows: int = 0
    failed: int = 0
    refused_batches: int = 0
    refused_rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def count(
        self, passed: Iterable[Mapping[str, Any]], failed: Iterable[Mapping[str, Any]]
    ) -> None:
        """Add a batch of rows that were judged.

        :param passed: ``WRITES`` records that passed.
        :param failed: ``QUARANTINED`` records; a held field alone is no failed row.
        """
        good = sum(self._counts(record) for record in passed)
        bad = [
            item for item in failed if item["item_key"] == item["record_key"] and self._counts(item)
        ]
        self.rows += good + len(bad)
        self.failed += len(bad)
        for item in bad:
            self.reasons.update({_reason(each) for each in json.loads(item["failures"])})
        if good:
            self.refused_batches = self.refused_rows = 0
        elif bad:
            self.refused_batches += 1
            self.refused_rows += len(bad)

    def _counts(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record says something about all: persons that somebody asked to make
        rows of do not, because each of them is answered by itself.
        """
        asked_for = record["operation"] == "create" and self.side == "dynamics"
        return not asked_for and record["record_key"] not in self.known

    @property
    def tally(self) -> Tally:
        """What was counted here."""
        return Tally(self.rows, self.failed)

    @property
    def total(self) -> Tally:
        """What was counted in all parts of the load so far."""
        return self.before + self.tally

    @property
    def exceeded(self) -> str | None:
        """The policy that so many failures exceed, with its value."""
        share, count = self.policies.breaker_share, self.policies.breaker_count
        total = self.total
        if share >= 1 or not self.failed or total.failed < FEW_FAILURES:
            return None
        if total.failed > share * total.rows:
            return f"breaker_share ({share:.0%})"
        if total.failed > count:
            return f"breaker_count ({count})"
        batches = self.policies.breaker_batches
        if self.refused_batches >= batches and self.refused_rows >= FEW_FAILURES:
            return f"breaker_batches ({batches})"
        return None

    @property
    def load(self) -> float:
        """How near the failures are to stopping the cycle; 1 is the limit."""
        share, count = self.policies.breaker_share, self.policies.breaker_count
        if share >= 1 or not self.failed:
            return 0.0
        of_share = self.failed / max(FEW_FAILURES, share * self.rows)
        return max(of_share, self.failed / count)

    def check(self, consequence: str) -> None:
        """Stop when too many have failed.

        :param consequence: what became of the rows, for the message.
        :raises BreakerError: names counts, the limit, the most frequent reasons and the remedy.
        """
        limit = self.exceeded
        if limit is None:
            return
        total = self.total
        told = "; ".join(f"{n} x {reason}" for reason, n in self.reasons.most_common(_REASONS))
        raise BreakerError(
            f"{total.failed} of {total.rows} rows for {self.side.capitalize()} failed, more than "
            f"{limit} allows; {consequence}. Most frequent: {told}.",
            remedy="Remove the cause; the next cycle takes up the same rows by itself. Look at "
            "them with `leadsync plan`. If they are meant to wait in quarantine, raise "
            f"{limit.partition(' ')[0]} in the mapping file for the next cycle; a breaker_share "
            "of 1 switches the breaker off.",
        )


def _reason(item: FailureItem) -> str:
    if item["source"] == "server":
        return f"{item['rule']} {redact(item['message'])}".strip()
    return f"{item['field']} {item['rule'].replace('_', ' ')}"
