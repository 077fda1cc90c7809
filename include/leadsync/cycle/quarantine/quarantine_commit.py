"""The life cycle of quarantine items at the end of a cycle: opened, seen again, recovered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.match.row_creations import OWNER
from leadsync.state.port import QuarantineRow, QuarantineStatus

#: What an open item becomes when its record ends in this state without failing again.
_ENDS: dict[str, QuarantineStatus] = {
    "applied": "recovered",
    "unchanged": "recovered",
    "out_of_scope": "superseded",
}


@dataclass(frozen=True, slots=True)
class QuarantineKeeper:
    """Turns one cycle's failures into items to store.

    :param pending: the items that were open when the cycle began.
    """

    cycle_id: str
    rules_hash: str
    now: datetime
    new_id: Callable[[], str]
    pending: Unfinished

    def changes(
        self, failed: Sequence[Mapping[str, Any]], outcomes: Iterable[Mapping[str, Any]]
    ) -> list[QuarantineRow]:
        """Return new and repeated failures, and items that ended with this cycle."""
        known = {
            item["record_key"]: item for group in self.pending.quarantine.values() for item in group
        }
        rows = [self._failed(item, known.get(item["item_key"])) for item in failed]
        failing = {row["record_key"] for row in rows}
        for outcome in outcomes:
            rows.extend(self._ended(outcome, failing))
        return rows

    def _ended(self, outcome: Mapping[str, Any], failing: set[str]) -> list[QuarantineRow]:
        status = _ENDS.get(outcome["state"])
        return [
            {**item, "status": status or "superseded", "last_seen": self.now}
            for item in self._items(outcome["record_key"])
            if item["record_key"] not in failing
            and (status is not None or _has_been_retried(item, outcome["state"]))
        ]

    def _items(self, key: str) -> list[QuarantineRow]:
        """Return the items that an outcome may end; one about the owner ends by an assignment."""
        record = key.removesuffix(f":{OWNER}")
        items = self.pending.quarantine.get(record, [])
        return [item for item in items if (item["operation"] == "assign") == (key != record)]

    def _failed(self, item: Mapping[str, Any], before: QuarantineRow | None) -> QuarantineRow:
        return QuarantineRow(
            id=before["id"] if before else self.new_id(),
            record_key=item["item_key"],
            status="open",
            direction=item["direction"],
            dynamics_table=item["table"],
            operation=item["operation"],
            marketo_id=item["marketo_id"],
            dynamics_id=item["dynamics_id"],
            fingerprint=item["fingerprint"],
            rules_hash=self.rules_hash,
            row=item["row"],
            failures=item["failures"],
            attempts=before["attempts"] + 1 if before else 1,
            first_seen=before["first_seen"] if before else self.now,
            last_seen=self.now,
            cycle_id=self.cycle_id,
        )


def _has_been_retried(item: QuarantineRow, state: str) -> bool:
    """Tell whether a released part of a record was tried, and other parts alone fail now."""
    return item["status"] == "released" and state == "quarantined"
