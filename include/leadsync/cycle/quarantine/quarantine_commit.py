"""The life cycle of quarantine items at the end of a cycle: opened, seen again, recovered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.match.row_creations import OWNER
from leadsync.cycle.quarantine.quarantining import refused_before
from leadsync.state.port import (
    QuarantineEventRow,
    QuarantineRow,
    StateChanges,
)
from leadsync.state.reasons import failed_rules
from leadsync.state.rows import ON_THEIR_WAY, QuarantineEventKind

#: what becomes of a waiting item that does not fail again.
Progress = Literal["retried", "recovered", "superseded"]
#: What a waiting item becomes when its record ends in this state without failing again.
_ENDS: dict[str, Progress] = {
    "applied": "recovered",
    "unchanged": "recovered",
    "out_of_scope": "superseded",
}
#: states whose reason names no values.
_WITH_REASON = ("deferred", "out_of_scope")


@dataclass(slots=True)
class QuarantineKeeper:
    """Turns one cycle's failures into items to store, with their history.

    :param pending: the items that waited when the cycle began.
    :param endings: operations that ended a pair instead of bringing values, by record key.
    """

    cycle_id: str
    rules_hash: str
    now: datetime
    new_id: Callable[[], str]
    pending: Unfinished
    endings: Mapping[str, str] = field(default_factory=dict)
    _rows: list[QuarantineRow] = field(default_factory=list)
    _events: list[QuarantineEventRow] = field(default_factory=list)

    def add_to(
        self,
        changes: StateChanges,
        failed: Sequence[Mapping[str, Any]],
        outcomes: Iterable[Mapping[str, Any]],
    ) -> None:
        """Add new and repeated failures, items that move on, and items that end with this cycle."""
        known = {
            item["record_key"]: item for group in self.pending.quarantine.values() for item in group
        }
        for item in failed:
            self._fail(item, known.get(item["item_key"]))
        failing = {row["record_key"] for row in self._rows}
        for outcome in outcomes:
            self._settle(outcome, failing)
        changes.quarantine = self._rows
        changes.quarantine_events = self._events

    def _settle(self, outcome: Mapping[str, Any], failing: set[str]) -> None:
        """Move on the items of a record that this cycle has dealt with, unless they fail again."""
        for item in self._items(outcome["record_key"]):
            status = None
            if item["record_key"] not in failing:
                status = self._status_after(item, outcome)
            if status is not None:
                self._rows.append({**item, "status": status, "last_seen": self.now})
                reasons = outcome["state"] in _WITH_REASON
                self._tell(item["id"], status, outcome["reason"] if reasons else None)

    def _status_after(self, item: QuarantineRow, outcome: Mapping[str, Any]) -> Progress | None:
        state = outcome["state"]
        if state == "deferred":
            was_due = item["status"] == "released" or item["rules_hash"] != self.rules_hash
            return "retried" if was_due and item["status"] != "retried" else None
        if state == "quarantined":  # a part of the record went through, and others alone fail now
            return "superseded" if item["status"] in ON_THEIR_WAY else None
        ending = self.endings.get(outcome["record_key"], item["operation"])
        return "superseded" if ending != item["operation"] else _ENDS.get(state)

    def _items(self, key: str) -> list[QuarantineRow]:
        """Return the items that an outcome may end; one about the owner ends by an assignment."""
        record = key.removesuffix(f":{OWNER}")
        items = self.pending.quarantine.get(record, [])
        return [item for item in items if (item["operation"] == "assign") == (key != record)]

    def _fail(self, item: Mapping[str, Any], before: QuarantineRow | None) -> None:
        held_again = before is not None and self._was_not_sent(item, before)
        row = QuarantineRow(
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
            attempts=(before["attempts"] if before else 0) + (not held_again),
            first_seen=before["first_seen"] if before else self.now,
            last_seen=self.now,
            cycle_id=self.cycle_id,
        )
        self._rows.append(row)
        if not held_again:
            kind: QuarantineEventKind = "failed_again" if before else "opened"
            self._tell(row["id"], kind, failed_rules(item["failures"]))

    def _was_not_sent(self, item: Mapping[str, Any], before: QuarantineRow) -> bool:
        """Tell whether the write was held back because the server had refused the very same."""
        asked_for = item["operation"] == "create" and item["marketo_id"] is not None
        same = refused_before([before], item["fingerprint"], self.rules_hash)
        return same is not None and not asked_for

    def _tell(self, item_id: str, kind: QuarantineEventKind, detail: str | None) -> None:
        event = QuarantineEventRow(
            item_id=item_id,
            at=self.now,
            kind=kind,
            actor=None,
            cycle_id=self.cycle_id,
            detail=detail,
        )
        self._events.append(event)
