"""Persons whose making was never confirmed, and whose row is deleted or qualified since (S027).

The answer to the create was lost, so there is no link yet; without one, the deletion would pass by
a person that carries our id (S072), and the contact would get a second person (S092).
"""

from __future__ import annotations

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.gather.window import Links, Window
from leadsync.cycle.reading import read_persons_by
from leadsync.mapping.plan import SyncPlan
from leadsync.model import MARKETO_DYNAMICS_ID, Table
from leadsync.state.port import LinkRow


def lost_creates(engine: Engine, table: Table) -> set[str]:
    """Return the rows of which a person may have been made without an answer."""
    return {
        intent["dynamics_id"]
        for intent in engine.store.unconfirmed_pairs()
        if intent["side"] == "marketo"
        and intent["dynamics_table"] == table
        and intent["dynamics_id"] is not None
    }


def link_lost_creates(
    engine: Engine, cycle: Cycle, plan: SyncPlan, window: Window, links: Links
) -> None:
    """Add the links that deleted rows and qualified leads would have, had the answer arrived."""
    gone = {
        row["dynamics_id"]: row["table"]
        for row, _ in window.rows
        if row["event"] == "deleted" and row["dynamics_id"] not in links.by_row
    }
    origins = {row["originating_lead_id"] for row, _ in window.rows} - {None}
    gone |= dict.fromkeys(origins - links.by_row.keys(), "lead")
    intents = engine.store.unconfirmed_pairs(sorted(gone)) if gone else []
    made = {intent["dynamics_id"] for intent in intents if intent["side"] == "marketo"}
    carriers = sorted(row_id for row_id in made if row_id)
    for person in read_persons_by(engine, plan, MARKETO_DYNAMICS_ID, carriers):
        row_id, marketo_id = str(person[MARKETO_DYNAMICS_ID]).lower(), int(person["id"])
        if marketo_id not in links.by_person:
            link = LinkRow(
                link_id=engine.new_id(),
                marketo_id=marketo_id,
                dynamics_table=gone[row_id],
                dynamics_id=row_id,
                status="open",
                etag=None,
                cycle_id=cycle.cycle_id,
                updated_at=cycle.opened_at,
            )
            links.by_row[row_id] = links.by_person[marketo_id] = link
