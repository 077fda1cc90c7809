"""What the circuit breaker has counted in a partition, and in those that were done before it.

Partitions are parts of one load, so a load is stopped by what fails in all of it, as any cycle is.
"""

from __future__ import annotations

from dataclasses import asdict

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.initial.beyond import read_beyond
from leadsync.model import Json
from leadsync.state.load_progress import NOTHING, DonePartition, LoadCursors, Tally

#: who judges rows on their way to a system: its rules before anything is written, then its server.
JUDGES = ("rules marketo", "rules dynamics", "server marketo", "server dynamics")


def judged_before(engine: Engine, cycle: Cycle, judge: str) -> Tally:
    """Return what the partitions that are done came to; nothing in a cycle that is no partition."""
    beyond = read_beyond(engine, cycle)
    if beyond is None or cycle.dry_run:
        return NOTHING
    done = LoadCursors(beyond.load_id).done(engine.store.cursors()).values()
    return sum((one.judged[judge] for one in done if judge in one.judged), NOTHING)


def keep_judged(engine: Engine, cycle: Cycle, judge: str, tally: Tally) -> None:
    """Keep what a partition's breaker has counted, for its commit."""
    if cycle.shares_lease:
        engine.staging.write_document(cycle.cycle_id, _document(judge), asdict(tally))


def judged_in(engine: Engine, cycle: Cycle) -> dict[str, Tally]:
    """Return what a partition's breakers have counted."""
    documents = {
        judge: engine.staging.read_document(cycle.cycle_id, _document(judge)) for judge in JUDGES
    }
    return {judge: Tally(**kept) for judge, kept in documents.items() if kept is not None}


def partition_mark(engine: Engine, cycle: Cycle, report: Json) -> dict[str, str]:
    """Return the cursor that a partition's commit sets: it is done. Other cycles set none."""
    beyond = read_beyond(engine, cycle)
    if beyond is None:
        return {}
    now, judged = engine.clock.now(), judged_in(engine, cycle)
    done = DonePartition(cycle.cycle_id, now, report["read"], judged)
    return {LoadCursors(beyond.load_id).mark(beyond.number): done.format()}


def _document(judge: str) -> str:
    return f"judged.{judge.replace(' ', '.')}"
