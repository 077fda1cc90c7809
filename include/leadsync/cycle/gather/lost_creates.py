"""Persons and rows whose making was never confirmed, and whose row has ended since (S027).

The answer to the create was lost, so there is no link yet; without one, the deletion would pass by
a person that carries our id (S072), the contact would get a second person (S092), and nobody would
be told of the person of a merged row (S097).
"""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.gather.window import Links, Window
from leadsync.cycle.match.row_creations import born_values, filled_of
from leadsync.cycle.reading import as_table, read_persons_by
from leadsync.mapping.plan import SyncPlan
from leadsync.model import MARKETO_DYNAMICS_ID, Table
from leadsync.state.port import IntentRow, LinkRow, Values


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
    """Add the links that rows which ended would have, had the answer arrived.

    Those are deleted and merged rows and qualified leads. The winner of such a merge may be in the
    same position; it is matched as any row when its link is not needed.
    """
    ended = _ended(window)
    unknown = {row_id: table for row_id, table in ended.items() if row_id not in links.by_row}
    intents = engine.store.unconfirmed_pairs(sorted(unknown)) if unknown else []
    intents.sort(key=lambda intent: intent["updated_at"])  # the latest try made the person
    for row_id, (marketo_id, sent) in _made(engine, plan, intents).items():
        if marketo_id not in links.by_person:
            link = LinkRow(
                link_id=engine.new_id(),
                marketo_id=marketo_id,
                dynamics_table=unknown[row_id],
                dynamics_id=row_id,
                status="open",
                etag=None,
                cycle_id=cycle.cycle_id,
                updated_at=cycle.opened_at,
            )
            links.keep(link)
            links.unconfirmed[link["link_id"]] = sent


def _made(
    engine: Engine, plan: SyncPlan, intents: Sequence[IntentRow]
) -> dict[str, tuple[int, Values]]:
    """Return by row its person, which carries its id or was to become it, and what was sent."""
    sent: dict[str, Values] = {
        intent["dynamics_id"]: intent["body"]["values"]
        for intent in intents
        if intent["side"] == "marketo" and intent["dynamics_id"] is not None
    }
    found: dict[str, tuple[int, Values]] = {}
    for person in read_persons_by(engine, plan, MARKETO_DYNAMICS_ID, sorted(sent)):
        row_id = str(person[MARKETO_DYNAMICS_ID]).lower()
        found[row_id] = int(person["id"]), sent[row_id]
    for intent in intents:
        row_id, marketo_id = intent["dynamics_id"] or "", intent["marketo_id"]
        if intent["side"] == "dynamics" and intent["operation"] == "create" and marketo_id:
            table = plan.tables[as_table(intent["dynamics_table"])]
            born = born_values(table, intent["body"]["values"], filled_of(intent))
            found.setdefault(row_id, (marketo_id, born))
    return found


def _ended(window: Window) -> dict[str, str]:
    """Return the rows that ended, with their tables, and those into which they were merged."""
    ended: dict[str, str] = {}
    for row, _ in window.rows:
        if row["event"] == "deleted":
            ended[row["dynamics_id"]] = row["table"]
        if row["master_id"]:
            ended |= dict.fromkeys((row["dynamics_id"], row["master_id"]), row["table"])
        if row["originating_lead_id"]:
            ended[row["originating_lead_id"]] = "lead"
    return ended
