"""Compare all linked pairs, and repair what differs (S121).

What changed since the last cycle is no drift, so an ordinary cycle runs first. Then every pair is
read and compared by hashes. What differs although nothing was recorded goes through the field rules
against the base, like any change, in cycles of its own.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator

from leadsync.cycle.context import CycleRequest, Engine, batches
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.request.comparison import (
    CHUNK,
    Compared,
    Opener,
    compare,
    open_when_free,
)
from leadsync.cycle.request.drifted import DriftSearch
from leadsync.cycle.runner import run_opened
from leadsync.model import Table
from leadsync.state.port import LinkRow

logger = logging.getLogger(__name__)


def reconcile(
    engine: Engine, *, repair: bool, chunk: int = CHUNK, opener: Opener = open_when_free
) -> Compared:
    """Compare every open link's person and row.

    :param repair: write what the rules decide; otherwise only tell what differs.
    :param chunk: pairs that one cycle judges.
    :param opener: opens each cycle in its turn.
    :raises LeaseHeldError: another cycle did not end in time.
    """
    calls = _bring_up_to_date(engine, opener)
    search = DriftSearch(engine, load_plan(engine))
    suspects = list(_suspects(search))
    calls.update(search.calls)
    if suspects:  # what users have changed since the search began is no drift
        calls.update(_bring_up_to_date(engine, opener))
    found = Compared()
    for part in batches(suspects, chunk):
        compare(engine, "reconcile", part, found, repair=repair, opener=opener)
    calls.update(found.calls)
    found.compared, found.calls = search.read, dict(calls)
    return found


def _suspects(search: DriftSearch) -> Iterator[LinkRow]:
    """Yield the open links that a cycle has to judge."""
    store, after = search.engine.store, ""
    while links := store.links_after(after, CHUNK):
        found = [
            link
            for table in search.plan.tables.values()
            for link in search.among(table, _open(links, table.table))
        ]
        logger.info("%d pairs are read; %d of the latest differ.", search.read, len(found))
        yield from found
        after = links[-1]["link_id"]


def _open(links: Iterable[LinkRow], table: Table) -> list[LinkRow]:
    return [link for link in links if link["dynamics_table"] == table and link["status"] == "open"]


def _bring_up_to_date(engine: Engine, opener: Opener) -> Counter[str]:
    """Run ordinary cycles until no recorded change is left to read; returns their calls."""
    calls: Counter[str] = Counter()
    while True:
        report = run_opened(engine, opener(engine, CycleRequest("manual", engine.clock.now())))
        calls.update(report["calls"])
        if not report["unread_since"]:
            return calls
