"""Stops of persons without a row that the server refused: taken up again when due (S108, S116).

Their quarantine items name a person and no row, so no extract brings them back.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.cycle.carried import Unfinished
from leadsync.cycle.consent.marks import marked
from leadsync.cycle.consent.shared_address import OPT_OUT
from leadsync.cycle.context import Engine
from leadsync.cycle.reading import read_persons
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.state.port import QuarantineRow
from leadsync.values.keys import email_key


@dataclass(frozen=True, slots=True)
class HeldStops:
    """Items that are worth another try, and the marked addresses that their persons have now."""

    items: tuple[QuarantineRow, ...]
    email_keys: frozenset[str]

    def settle(self, work: Work, stopped: set[int]) -> None:
        """Settle the items whose persons are not among ``stopped``: nothing is left to write."""
        for item in self.items:
            if item["marketo_id"] not in stopped:
                record = {
                    "table": item["dynamics_table"],
                    "marketo_id": item["marketo_id"],
                    "dynamics_id": None,
                }
                reason = "the person is unsubscribed, linked, gone, or may be mailed again"
                work.settle(item["record_key"], "to_marketo", record, "out_of_scope", reason)


def held_stops(engine: Engine, plan: SyncPlan, pending: Unfinished) -> HeldStops:
    """Read the persons of due items; an address counts as long as it is marked."""
    items = tuple(
        item
        for item in pending.due_items(plan)
        if item["operation"] == OPT_OUT
        and item["direction"] == "to_marketo"
        and item["dynamics_id"] is None
    )
    if not items:
        return HeldStops((), frozenset())
    ids = sorted({item["marketo_id"] for item in items if item["marketo_id"] is not None})
    persons = read_persons(engine, plan, ids).values()
    keys = {email_key(person.get("email")) for person in persons}
    return HeldStops(items, frozenset(marked(engine, "opted_out", keys)))
