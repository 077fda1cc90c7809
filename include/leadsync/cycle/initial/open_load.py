"""Begin a first load, or go on with one that has not ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from leadsync.clock import parse_instant
from leadsync.cycle.abandoned import end_abandoned
from leadsync.cycle.context import LEASE_NAME, Engine, batches
from leadsync.cycle.extract.person_feeds import CURSORS, first_cursor
from leadsync.cycle.initial.extract_rows import tables_of
from leadsync.cycle.initial.first_load import (
    DOCUMENT,
    LASTS,
    FirstLoad,
    delta_cursors,
    keep_lease,
)
from leadsync.cycle.open import take_lease
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.same_systems import require_same_systems
from leadsync.errors import ConfigurationError
from leadsync.mapping.plan import SyncPlan
from leadsync.marketo.bulk_extract import date_ranges
from leadsync.model import Json
from leadsync.state.load_progress import FIRST_LOAD, begun
from leadsync.state.port import StateChanges

#: no Marketo is older.
EARLIEST = datetime(2007, 1, 1, tzinfo=UTC)
#: ids that are asked for to find Marketo's oldest persons: ids are given in order of creation.
LOWEST_IDS = 3_000
MOST_PARTITIONS = 1_000


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What a caller asks for.

    :param run_id: owner of the lease; runs with the same one are attempts of each other.
    :param partitions: how many; ``None``: as many as the number of rows needs.
    :param since: no person is older; ``None``: found out.
    """

    run_id: str
    dry_run: bool = False
    partitions: int | None = None
    since: datetime | None = None


def open_load(engine: Engine, request: LoadRequest) -> FirstLoad:
    """Take the lease, fix where the feeds go on afterwards, and return the load.

    A load of the same request that did not end, be it a dry run, is gone on with: what it has read
    is not read again.

    :raises ConfigurationError: the mapping does not fit, or ``partitions`` is out of range.
    :raises LeaseHeldError: another cycle is at work.
    """
    if request.partitions is not None and not 1 <= request.partitions <= MOST_PARTITIONS:
        raise ConfigurationError(
            f"{request.partitions} partitions are not possible.",
            remedy=f"Ask for 1 to {MOST_PARTITIONS}, or leave the number out.",
        )
    require_same_systems(
        engine.store,
        engine.marketo,
        engine.dynamics,
        engine.clock.now(),
        trusted_seconds=engine.settings.schema_ttl_seconds,
        remember=not request.dry_run,
    )
    plan = load_plan(engine)
    if not request.dry_run:
        end_abandoned(engine, take_lease(engine, request.run_id))
    load = _unfinished(engine, plan, request) or _begun(engine, plan, request)
    _store_begin(engine, plan, load)
    return load


def windows_of(load: FirstLoad) -> list[Json]:
    """Return the spans of creation, of at most 31 days, that one export each reads."""
    return list(date_ranges(load.since, load.started_at))


def _unfinished(engine: Engine, plan: SyncPlan, request: LoadRequest) -> FirstLoad | None:
    """Return the load to go on with; what others have staged goes, if we hold the lease."""
    for load in _staged(engine):
        if _goes_on(engine, plan, request, load):
            return replace(load, run_id=request.run_id, dry_run=request.dry_run)
        if not request.dry_run:
            engine.staging.drop(load.load_id)
    return None


def _staged(engine: Engine) -> Iterator[FirstLoad]:
    for cycle_id in reversed(engine.staging.cycles()):
        document = engine.staging.read_document(cycle_id, DOCUMENT)
        if document is not None:
            yield FirstLoad.from_json(document)


def _goes_on(engine: Engine, plan: SyncPlan, request: LoadRequest, load: FirstLoad) -> bool:
    now = engine.clock.now()
    busy = engine.store.current_lease(LEASE_NAME) if request.dry_run else None
    return (
        now - load.started_at < LASTS
        and load.rules_hash == plan.rules_hash
        and load.asked_since == request.since
        and load.partitions == request.partitions
        and load.known == delta_cursors(engine, plan)
        and not (busy and busy[0].expires_at > now)
    )


def _begun(engine: Engine, plan: SyncPlan, request: LoadRequest) -> FirstLoad:
    now = engine.clock.now()
    begin = first_cursor(engine, now).format()
    load = FirstLoad(
        load_id=f"{now:%Y%m%dT%H%M%S}-{engine.new_id()[:8]}",
        run_id=request.run_id,
        started_at=now,
        since=request.since or _first_day(engine, now),
        asked_since=request.since,
        partitions=request.partitions,
        rules_hash=plan.rules_hash,
        feeds=dict.fromkeys(CURSORS, begin),
        known=delta_cursors(engine, plan),
        dry_run=request.dry_run,
    )
    engine.staging.write_document(load.load_id, DOCUMENT, load.to_json())
    return load


def _store_begin(engine: Engine, plan: SyncPlan, load: FirstLoad) -> None:
    """Let the feeds begin before anybody is linked: what happens from then on is not missed."""
    lease = keep_lease(engine, load)
    if lease is None:
        return
    stored = engine.store.cursors()
    sources = len(windows_of(load)) + len(tables_of(plan))
    told = begun(load.load_id, load.started_at, sources)
    feeds = {name: text for name, text in load.feeds.items() if name not in stored}
    given_up = [
        name
        for name in stored
        if name.startswith(f"{FIRST_LOAD}.") and not name.startswith(load.cursors.prefix)
    ]
    changes = StateChanges(cursors={**feeds, FIRST_LOAD: told}, cursors_dropped=given_up)
    engine.store.apply(changes, lease=lease)


def _first_day(engine: Engine, now: datetime) -> datetime:
    """Return when Marketo's oldest person was made, as far as a few calls can tell.

    Empty windows cost minutes each, not calls; so where nobody has a low id, all are read.
    """
    found: list[datetime] = []
    lowest = [str(number) for number in range(1, LOWEST_IDS + 1)]
    for ids in batches(lowest, engine.marketo.batch_size):
        persons = engine.marketo.persons("id", ids, ("id", "createdAt"))
        found.extend(parse_instant(p["createdAt"]) for p in persons if p.get("createdAt"))
        if found:
            return min(found)
    return min(EARLIEST, now)
