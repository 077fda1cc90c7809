"""Persons that are gone from Marketo before an activity says why.

The losers of a merge just disappear (reference/marketo-rest.md, gotcha 49), and activities may
appear late. So a link waits as long as its explanation may take before it counts as deleted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.cycle.carried import Unfinished, person_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.state.port import DeferredRow

GONE = "the person is gone from Marketo; it waits for the merge or deletion that explains it"


def may_be_merged(engine: Engine, cycle: Cycle, pending: Unfinished, marketo_id: int) -> bool:
    """Tell whether the activity that explains the person's absence may still appear."""
    waited = pending.deferred.get(person_key(marketo_id))
    if waited is None or waited["reason"] != GONE:
        return True
    return cycle.opened_at < _began(engine, waited, cycle) + timedelta(
        seconds=engine.settings.overlap_seconds
    )


def _began(engine: Engine, waited: DeferredRow, cycle: Cycle) -> datetime:
    since = engine.store.cycle(waited["since_cycle"])
    return since.opened_at if since is not None else cycle.opened_at
