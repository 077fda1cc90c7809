"""Records that earlier cycles left unfinished: deferred ones, and quarantine worth another try.

A quarantined record is tried again when it changes, when the mapping or rules change, or when
someone releases it; never blindly (semantics.md 7, S116).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from leadsync.cycle.context import Engine
from leadsync.frames import ENDINGS
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Direction, Table
from leadsync.state.port import DeferredRow, QuarantineRow
from leadsync.state.rows import ON_THEIR_WAY, WAITING

#: why a plain update waits although nothing is wrong with it: its base is not behind.
POSTPONED = "the cycle's time was over; the next cycle goes on with it"


@dataclass(slots=True)
class Unfinished:
    """Open quarantine items and deferrals, by record key without the field of a held field."""

    quarantine: dict[str, list[QuarantineRow]] = field(default_factory=lambda: defaultdict(list))
    deferred: dict[str, DeferredRow] = field(default_factory=dict)

    def concerns(self, key: str) -> bool:
        """Tell whether the record is unfinished, so that its base is known to lag."""
        return key in self.quarantine or key in self.deferred

    def lags(self, key: str) -> bool:
        """Tell whether the record's base may be behind: not when it only had to wait its turn."""
        carried = self.deferred.get(key)
        return key in self.quarantine or (carried is not None and carried["reason"] != POSTPONED)

    def failed_creation(self, marketo_id: int) -> QuarantineRow | None:
        """Return the item of a person that could not become a row, if there is one."""
        items = self.quarantine.get(person_key(marketo_id), ())
        return next((item for item in items if item["operation"] == "create"), None)

    def rows(self, table: Table) -> set[str]:
        """Return the Dynamics ids of ``table`` that are unfinished on their way to Marketo."""
        items = [item for group in self.quarantine.values() for item in group]
        return {
            item["dynamics_id"]
            for item in (*items, *self.deferred.values())
            if item["direction"] == "to_marketo"
            and item["dynamics_table"] == table
            and item["dynamics_id"] is not None
        }

    def due(self, plan: SyncPlan, direction: Direction) -> list[QuarantineRow | DeferredRow]:
        """Return the records of ``direction`` that this cycle takes up again."""
        items: list[QuarantineRow | DeferredRow] = [*self.due_items(plan)]
        items.extend(self.deferred.values())
        return [item for item in items if item["direction"] == direction]

    def due_items(self, plan: SyncPlan) -> list[QuarantineRow]:
        """Return the quarantine items that are worth another try."""
        return [
            item
            for group in self.quarantine.values()
            for item in group
            if item["status"] in ON_THEIR_WAY or item["rules_hash"] != plan.rules_hash
        ]


def unfinished(engine: Engine) -> Unfinished:
    """Read what is unfinished from the state store."""
    found = Unfinished()
    for item in engine.store.quarantine(statuses=WAITING):
        found.quarantine[_record(item)].append(item)
    for row in engine.store.deferred():
        found.deferred[row["record_key"]] = row
    return found


def due_persons(pending: Unfinished, plan: SyncPlan) -> set[int]:
    """Return the Marketo ids to take up again in the direction to Dynamics."""
    due = pending.due(plan, "to_dynamics")
    return {item["marketo_id"] for item in due if item["marketo_id"] is not None}


def due_rows(pending: Unfinished, plan: SyncPlan, table: Table) -> set[str]:
    """Return the Dynamics ids of ``table`` to take up again in the direction to Marketo.

    Rows that are left over by a merge or deletion in Marketo are among them.
    """
    due = pending.due(plan, "to_marketo")
    ending = [item for item in pending.due_items(plan) if item["operation"] in ENDINGS]
    return {
        item["dynamics_id"]
        for item in (*due, *ending)
        if item["dynamics_id"] is not None and item["dynamics_table"] == table
    }


def person_key(marketo_id: int) -> str:
    """Key of a person on its way to Dynamics."""
    return f"to_dynamics:{marketo_id}"


def row_key(table: str, dynamics_id: str) -> str:
    """Key of a row on its way to Marketo."""
    return f"to_marketo:{table}:{dynamics_id}"


def _record(item: QuarantineRow) -> str:
    if item["direction"] == "to_dynamics":
        return person_key(item["marketo_id"] or 0)
    if item["dynamics_id"] is None:  # a stop of a person without a row
        return item["record_key"]
    return row_key(item["dynamics_table"], item["dynamics_id"])
