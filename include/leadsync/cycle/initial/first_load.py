"""The first load as all of its tasks know it, its lease, and when what it has read grows stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadsync.clock import parse_instant
from leadsync.cycle.context import INITIAL_LEASE_SECONDS, LEASE_NAME, Engine
from leadsync.cycle.extract.delta_read import cursor_name
from leadsync.errors import StaleLoadError
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.state.load_progress import FIRST_LOAD, LoadCursors
from leadsync.state.port import Lease, StateChanges

#: staged document of a load.
DOCUMENT = FIRST_LOAD
#: the systems forget what an older load would need: delta links and export files last seven days.
LASTS = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """One load; travels between tasks as JSON, and waits in staging for whoever goes on with it.

    :param run_id: owner of the lease, shared by all tasks of a run.
    :param since: where the windows of Marketo's export begin.
    :param asked_since: what the user asked for, if anything.
    :param partitions: how many the user asked for, or ``None``.
    :param feeds: where Marketo's feeds begin, by cursor: before anything was read.
    :param known: the delta links that the store held when the load began, by cursor.
    """

    load_id: str
    run_id: str
    started_at: datetime
    since: datetime
    asked_since: datetime | None
    partitions: int | None
    rules_hash: str
    feeds: Mapping[str, str]
    known: Mapping[str, str]
    dry_run: bool = False

    def to_json(self) -> Json:
        document: Json = {name: getattr(self, name) for name in self.__slots__}
        for name in _MOMENTS:
            moment = document[name]
            document[name] = moment.isoformat() if moment else None
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FirstLoad:
        moments = {
            name: parse_instant(document[name]) if document[name] else None for name in _MOMENTS
        }
        return cls(**{**document, **moments})

    @property
    def cursors(self) -> LoadCursors:
        """Names of the cursors that tell how far the load is."""
        return LoadCursors(self.load_id)


_MOMENTS = ("started_at", "since", "asked_since")


def keep_lease(engine: Engine, load: FirstLoad) -> Lease | None:
    """Take or keep the lease that all tasks of the run share; a dry run has none.

    :raises LeaseHeldError: another cycle is at work.
    """
    if load.dry_run:
        return None
    now = engine.clock.now()
    return engine.store.acquire_lease(
        LEASE_NAME, load.run_id, now, INITIAL_LEASE_SECONDS, holder=engine.holder
    )


def note(engine: Engine, load: FirstLoad, cursors: Mapping[str, str]) -> None:
    """Store how far the load is; a dry run stores nothing."""
    lease = keep_lease(engine, load)
    if lease is not None:
        engine.store.apply(StateChanges(cursors=dict(cursors)), lease=lease)


def delta_cursors(engine: Engine, plan: SyncPlan) -> dict[str, str]:
    """Return the delta links of leads and contacts that the store holds."""
    stored = engine.store.cursors()
    names = (cursor_name(table) for table in plan.tables)
    return {name: stored[name] for name in names if name in stored}


def refuse_stale(engine: Engine, plan: SyncPlan, load: FirstLoad) -> None:
    """See that no ordinary cycle has gone past what the load has read.

    Such a cycle has learned of deletions that the load does not know, and nobody would tell again.

    :raises StaleLoadError: one has.
    """
    if delta_cursors(engine, plan) != load.known:
        raise StaleLoadError(
            f"Ordinary cycles have run since the first load {load.load_id} began.",
            remedy="Start the load anew: it reads again and skips what is linked by now. Pause "
            "lead_sync until it is done.",
        )
