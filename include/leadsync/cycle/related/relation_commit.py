"""What a cycle has learned of accounts, owners and who refers to them, for the commit."""

from __future__ import annotations

from leadsync.cycle.context import Cycle, Engine
from leadsync.mapping.plan import SyncPlan
from leadsync.model import TABLES
from leadsync.state.port import LookupRow, RelatedRow, StateChanges


def add_relations(engine: Engine, cycle: Cycle, plan: SyncPlan, changes: StateChanges) -> None:
    """Add what rows refer to, and its values as people were given them."""
    if plan.company is None and plan.owner is None:
        return
    changes.lookups = _lookups(engine, cycle)
    if cycle.only_field is not None:
        return  # its plan knows one field; the rows are kept whole
    changes.related = [
        RelatedRow(
            table=record["table"],
            id=record["id"],
            fields=values,
            active=record["active"] == "true",
        )
        for record, values in engine.staging.read_rows(cycle.cycle_id, "related").pairs()
        if record["event"] != "missing"
    ]


def _lookups(engine: Engine, cycle: Cycle) -> list[LookupRow]:
    """Return references of rows that are linked: a creation may have failed."""
    records = engine.staging.read_rows(cycle.cycle_id, "lookups").records
    linked: set[str] = set()
    for table in TABLES:
        ids = sorted({row["dynamics_id"] for row in records if row["table"] == table})
        if ids:
            linked |= {link["link_id"] for link in engine.store.links_of_rows(table, ids)}
    return [
        LookupRow(
            link_id=row["link_id"],
            column=row["column"],
            target_table=row["target_table"],
            target_id=row["target_id"],
        )
        for row in records
        if row["link_id"] in linked
    ]
