"""Let go of what nobody needs any more: done by the commit, once an hour, a bounded part at a time.

What is kept how long is set by ``LEADSYNC_KEEP_..._DAYS`` (``settings.py``). Whatever still waits
or is in doubt is kept however old it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from leadsync.clock import parse_instant
from leadsync.cycle.context import Engine
from leadsync.data_docs.archive import Archive
from leadsync.state.port import Keep, Lease, StateChanges

CURSOR = "retention"
EVERY = timedelta(hours=1)
#: rows of each table that one cycle removes: a fraction of a second.
MOST = 10_000


def let_go(engine: Engine, lease: Lease | None, *, most: int = MOST) -> dict[str, int]:
    """Forget old rows and staged frames, unless that was done within the hour.

    What is left because of ``most`` is for the next cycle.

    :returns: removed rows by table, and cycles whose ``staging`` frames and validation ``reports``
        went; empty when it was not due.
    """
    now = engine.clock.now()
    last = engine.store.cursors().get(CURSOR)
    if last is not None and now - parse_instant(last) < EVERY:
        return {}
    removed = engine.store.forget(_keep(engine, now), most, lease=lease)
    if all(count < most for count in removed.values()):
        kept = engine.settings.keep
        # Nobody clears the tasks of failed cycles and dry runs any more, so their frames can go.
        removed["staging"] = _drop(engine.staging, now - timedelta(days=kept.staging_days))
        if engine.archive is not None:
            removed["reports"] = _drop(engine.archive, now - timedelta(days=kept.cycles_days))
        engine.store.apply(StateChanges(cursors={CURSOR: now.isoformat()}), lease=lease)
    return removed


def _keep(engine: Engine, now: datetime) -> Keep:
    kept = engine.settings.keep
    return Keep(
        journal=now - timedelta(days=kept.journal_days),
        requests=now - timedelta(days=kept.requests_days),
        cycles=now - timedelta(days=kept.cycles_days),
        quarantine=now - timedelta(days=kept.quarantine_days),
        first_cycle=_moment_of(now - timedelta(days=kept.intents_days)),
    )


def _drop(storage: Archive, before: datetime) -> int:
    first = _moment_of(before)
    old = [cycle_id for cycle_id in storage.cycles() if cycle_id < first]
    for cycle_id in old:
        storage.drop(cycle_id)
    return len(old)


def _moment_of(moment: datetime) -> str:
    """Return what the ids of cycles that were opened then begin with; ids sort by time."""
    return f"{moment:%Y%m%dT%H%M%S}"
