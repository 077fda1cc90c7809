"""A cycle that succeeds badly: what a person should know although nothing failed.

Each reason begins with its subject and a colon, so that the same trouble can be recognised from one
cycle to the next. The report carries the reasons under ``degraded``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.decide.breaker import Breaker
from leadsync.mapping.plan import Policies
from leadsync.model import SYSTEMS, Json
from leadsync.state.port import CycleRecord, DeferredRow

#: fewer failing records than this are everyday life, whatever their share.
FEW_HELD = 10
#: how near to stopping the cycle counts as near.
NEAR_BREAKER = 0.5
#: share of our daily calls after which little is left.
QUOTA_SHARE = 0.8
#: a record that was deferred so often is stuck.
STUCK_AFTER = 10
#: seconds; a smaller lag is a normal cycle's, whether it grows or not.
SMALL_LAG = 300.0
#: cycles in a row whose lag has to grow.
GROWING_FOR = 3
#: kinds of cycles that bring the sync up to their time.
_MOVING = ("scheduled", "manual")


def degraded_reasons(
    engine: Engine,
    cycle: Cycle,
    policies: Policies,
    report: Json,
    *,
    deferred: Iterable[DeferredRow],
    breakers: Iterable[Breaker],
) -> list[str]:
    """Return what is not well in a cycle that is about to be committed; empty when all is.

    :param report: as far as it is made: counts, suspended fields, full comparisons, backlogs.
    """
    reasons = [
        *_held(report["counts"], policies.degraded_share),
        *map(_near, (breaker for breaker in breakers if breaker.load >= NEAR_BREAKER)),
        *_stuck(deferred),
        *_quota(engine),
    ]
    if report["suspended"]:
        fields = "; ".join(report["suspended"])
        reasons.append(f"suspended fields: {len(report['suspended'])} not synchronised: {fields}")
    if report["full_comparison"]:
        names = ", ".join(report["full_comparison"])
        reasons.append(
            f"full comparison: all was read, because {names} could not go on where it ended"
        )
    reasons.extend(
        f"backlog: {name} is read up to {until}; the next cycles go on from there"
        for name, until in report["unread_since"].items()
    )
    if cycle.moves_cursors:
        reasons.extend(_lag(engine, cycle))
    return reasons


def untold_reason(activities: Mapping[str, Any]) -> str | None:
    """Return what is not well with persons' activity logs, as the report tells of them."""
    if not activities["waiting"] or not activities.get("reason"):
        return None
    return f"activity log: {activities['waiting']} entries wait: {activities['reason']}"


def _held(counts: Mapping[str, Mapping[str, Mapping[str, int]]], share: float) -> Iterator[str]:
    tables = [table for direction in counts.values() for table in direction.values()]
    extracted = sum(table["extracted"] for table in tables)
    held = sum(table["quarantined"] for table in tables)
    if held >= FEW_HELD and held > share * extracted:
        yield (
            f"quarantine: {held} of {extracted} records are held, more than degraded_share "
            f"({share:.0%}); see `leadsync quarantine list`"
        )


def _near(breaker: Breaker) -> str:
    return (
        f"breaker near for {breaker.side.capitalize()}: {breaker.failed} of {breaker.rows} rows "
        f"failed, {breaker.load:.0%} of what stops the cycle"
    )


def _stuck(deferred: Iterable[DeferredRow]) -> Iterator[str]:
    stuck = [row for row in deferred if row["times"] >= STUCK_AFTER]
    if stuck:
        yield (
            f"deferred: {len(stuck)} records have waited for {STUCK_AFTER} cycles or more, such as "
            f"{stuck[0]['record_key']} ({stuck[0]['reason']})"
        )


def _quota(engine: Engine) -> Iterator[str]:
    for system in SYSTEMS:
        used = engine.ledger.used_today(system)
        if used >= QUOTA_SHARE:
            yield f"quota of {system.capitalize()}: {used:.0%} of our calls of the day are used"


def _lag(engine: Engine, cycle: Cycle) -> Iterator[str]:
    lag = (engine.clock.now() - cycle.window_to).total_seconds()
    if lag <= SMALL_LAG:
        return
    before = [record for record in engine.store.cycles() if _moved(record)]
    # A run that waited or was cleared comes after others that have read further.
    if any(record.window_to >= cycle.window_to for record in before):
        return
    latest = [lag, *map(_lag_of, before)][:GROWING_FOR]
    growing = all(later > earlier for later, earlier in pairwise(latest))
    if len(latest) == GROWING_FOR and growing:
        yield (
            f"lag: it grows from cycle to cycle and is {lag / 60:.0f} minutes; cycles take longer "
            "than the time between them"
        )


def _moved(record: CycleRecord) -> bool:
    return record.status == "done" and record.kind in _MOVING


def _lag_of(record: CycleRecord) -> float:
    return ((record.closed_at or record.window_to) - record.window_to).total_seconds()
