"""Compare all linked pairs field by field, and repair what differs (S121).

What changed since the last cycle is no drift, so an ordinary cycle runs first. What then differs
although nothing was recorded goes through the field rules against the base, like any change.
"""

from __future__ import annotations

from collections import Counter

from leadsync.cycle.context import CycleRequest, Engine
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.request.comparison import (
    CHUNK,
    Compared,
    Opener,
    chunks,
    compare,
    open_when_free,
)
from leadsync.cycle.runner import run_opened


def reconcile(
    engine: Engine, *, repair: bool, chunk: int = CHUNK, opener: Opener = open_when_free
) -> Compared:
    """Compare every open link's person and row.

    :param repair: write what the rules decide; otherwise only tell what differs.
    :param chunk: pairs that one cycle compares.
    :param opener: opens each cycle in its turn.
    :raises LeaseHeldError: another cycle did not end in time.
    """
    found = Compared(calls=_bring_up_to_date(engine, opener))
    for table in load_plan(engine).tables:
        for part in chunks(engine.store.live_links(table), chunk):
            compare(engine, "reconcile", part, found, repair=repair, opener=opener)
    return found


def _bring_up_to_date(engine: Engine, opener: Opener) -> dict[str, int]:
    """Run ordinary cycles until no recorded change is left to read; returns their calls."""
    calls: Counter[str] = Counter()
    while True:
        report = run_opened(engine, opener(engine, CycleRequest("manual", engine.clock.now())))
        calls.update(report["calls"])
        if not report["unread_since"]:
            return dict(calls)
