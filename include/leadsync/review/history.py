"""What people did to an item, as its history keeps it beside what cycles did."""

from __future__ import annotations

from datetime import datetime

from leadsync.state.port import QuarantineEventRow, QuarantineRow
from leadsync.state.rows import QuarantineEventKind


def event_of(
    item: QuarantineRow,
    kind: QuarantineEventKind,
    now: datetime,
    actor: str,
    detail: str | None = None,
) -> QuarantineEventRow:
    """Make an event of an item.

    :param detail: names of fields and systems, no values.
    """
    return QuarantineEventRow(
        item_id=item["id"], at=now, kind=kind, actor=actor, cycle_id=None, detail=detail
    )
