"""Rows that are closed: their values still flow to Marketo, nothing is pushed to them (S077, S096).

What people change in Marketo meanwhile waits: the base stays where it was, so that the merge finds
it when the row is active again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadsync.cycle.context import Cycle
from leadsync.cycle.work import Work, event, with_status
from leadsync.merge.pairs import Pair
from leadsync.state.port import LinkStatus

ACTIVE = "0"
WAITS = "its Dynamics record is not active; the change waits until the record is open again"


def is_active(record: Mapping[str, Any]) -> bool:
    """Tell whether a row as extracted may be written to; both tables count from 0, active."""
    return record.get("state_code") in (None, ACTIVE)


def status_of(record: Mapping[str, Any]) -> LinkStatus:
    """Return the status of a link in scope with this row."""
    return "open" if is_active(record) else "inactive"


def follow_state(cycle: Cycle, pair: Pair, record: Mapping[str, Any], work: Work) -> None:
    """Let the link of a row in scope say whether the row is active.

    A row that is open again is compared with its person in full.
    """
    status = status_of(record)
    if pair.link["status"] == status:
        return
    pair.link = with_status(pair.link, status, cycle.cycle_id, cycle.opened_at)
    pair.reopened = pair.reopened or status == "open"
    work.links[pair.link["link_id"]] = pair.link
    kind, rule = ("linked", "active again") if status == "open" else ("out_of_scope", "not active")
    work.journal.append(event(cycle.cycle_id, cycle.opened_at, kind, pair.link, rule=rule))
