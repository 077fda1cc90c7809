"""The pause between scheduled cycles (S005)."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.cycle.context import MOVING_KINDS, Engine

#: cycles on request that may lie between two scheduled ones.
_LOOK_BACK = 50


def earliest_start(engine: Engine, run_id: str) -> datetime | None:
    """Return the time before which a scheduled cycle has to wait, if there is one in the future.

    The pause begins with the end of the last cycle that brought the sync up to date, be it a
    scheduled or a manual one.

    :param run_id: the run that asks; its own earlier attempt makes no pause.
    """
    pause = timedelta(seconds=engine.settings.pause_seconds)
    if not pause:
        return None
    ends = [
        cycle.closed_at
        for cycle in engine.store.cycles(_LOOK_BACK, status="done")
        if cycle.kind in MOVING_KINDS and cycle.run_id != run_id and cycle.closed_at is not None
    ]
    starts = max(ends) + pause if ends else None
    return starts if starts is not None and starts > engine.clock.now() else None
