"""End a first load: the report that adds up, and the cursors from which ordinary cycles go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

from leadsync.cycle.activity_log.tell import tell_persons
from leadsync.cycle.context import Engine
from leadsync.cycle.extract.delta_read import cursor_name
from leadsync.cycle.initial.first_load import FirstLoad, keep_lease, refuse_stale
from leadsync.cycle.initial.foresight import added_counts, preview_document, stops, together
from leadsync.cycle.initial.partitions import (
    done_partitions,
    partitions_of,
    tables_read,
    windows_read,
)
from leadsync.cycle.plan.schemas import load_plan
from leadsync.cycle.report import UnaccountedRowError
from leadsync.errors import StateError
from leadsync.model import TABLES, Json
from leadsync.state.load_progress import FIRST_LOAD
from leadsync.state.port import CycleRecord, StateChanges


def finish_load(engine: Engine, load: FirstLoad) -> Json:
    """Add up the partitions, store the cursors and the report, and give the lease back.

    A cursor that the store has is older than what was read, so ordinary cycles go on from there.
    What a dry run has read stays for the load that follows.

    :returns: the report: ``cycle_id``, ``counts``, ``calls``, ``degraded`` as of a cycle,
        ``read`` by kind of record, ``partitions``; of a dry run what is foreseen, and under
        ``stops`` where the circuit breaker would stop the load.
    :raises StateError: a partition is not done.
    :raises UnaccountedRowError: the report does not add up to what was read.
    :raises StaleLoadError: ordinary cycles have run since the load began.
    """
    if load.dry_run:
        return _foreseen(engine, load)
    lease = keep_lease(engine, load)
    stored = engine.store.cycle(load.load_id)
    report = stored.report if stored is not None else None
    if report is None:
        refuse_stale(engine, load_plan(engine), load)
        report = _report(engine, load)
        told = load.cursors.of(engine.store.cursors())
        changes = StateChanges(
            cursors=_missing_cursors(engine, load),
            cursors_dropped=[*told, FIRST_LOAD],
            cycle=_record(engine, load, report),
        )
        engine.store.apply(changes, lease=lease)
        report = tell_persons(engine, report)
    if lease is not None:
        engine.store.release_lease(lease)
    engine.staging.drop(load.load_id)
    return report


def _missing_cursors(engine: Engine, load: FirstLoad) -> dict[str, str]:
    stored = engine.store.cursors()
    read = {cursor_name(one["table"]): one["cursor"] for one in tables_read(engine, load)}
    return {name: cursor for name, cursor in read.items() if name not in stored}


def _report(engine: Engine, load: FirstLoad) -> Json:
    done = done_partitions(engine, load)
    missing = [n for n in range(partitions_of(engine, load)) if n not in done]
    if missing:
        raise StateError(
            f"{len(missing)} partitions of the first load {load.load_id} are not done, such as "
            f"{missing[0] + 1}.",
            remedy="Clear the partitions that failed; the others are not repeated.",
        )
    reports = [_report_of(engine, one.cycle_id) for _, one in sorted(done.items())]
    _see_that_it_adds_up(engine, load, reports)
    calls = _extract_calls(engine, load)
    for report in reports:
        calls.update(report["calls"])
    degraded = dict.fromkeys(reason for report in reports for reason in report["degraded"])
    return {
        **_head(engine, load),
        "counts": added_counts(reports),
        "calls": dict(calls),
        "degraded": list(degraded),
    }


def _report_of(engine: Engine, cycle_id: str) -> Json:
    stored = engine.store.cycle(cycle_id)
    if stored is None or stored.report is None:
        raise StateError(
            f"The report of cycle {cycle_id} is not in the state store.",
            remedy="Start the load anew; it skips what is linked.",
        )
    return stored.report


def _see_that_it_adds_up(engine: Engine, load: FirstLoad, reports: Iterable[Json]) -> None:
    accounted, read = sum(report["read"] for report in reports), sum(_read(engine, load).values())
    if accounted != read:
        raise UnaccountedRowError(
            f"The first load {load.load_id} has read {read} records, and its partitions tell of "
            f"{accounted}.",
            remedy="Start the load anew; it skips what is linked.",
        )


def _read(engine: Engine, load: FirstLoad) -> dict[str, int]:
    """Return how many persons, leads and contacts were read."""
    tables = {one["table"]: one["rows"] for one in tables_read(engine, load)}
    persons = sum(one["persons"] for one in windows_read(engine, load))
    return {"persons": persons, **{name: tables[name] for name in TABLES if name in tables}}


def _extract_calls(engine: Engine, load: FirstLoad) -> Counter[str]:
    return Counter(
        marketo=sum(one["calls"] for one in windows_read(engine, load)),
        dynamics=sum(one["calls"] for one in tables_read(engine, load)),
    )


def _head(engine: Engine, load: FirstLoad) -> Json:
    return {
        "cycle_id": load.load_id,
        "kind": "initial",
        "dry_run": load.dry_run,
        "window": {"from": load.since.isoformat(), "to": load.started_at.isoformat()},
        "read": _read(engine, load),
        "partitions": partitions_of(engine, load),
        "suspended": list(load_plan(engine).suspended),
    }


def _record(engine: Engine, load: FirstLoad, report: Json) -> CycleRecord:
    return CycleRecord(
        cycle_id=load.load_id,
        kind="initial",
        status="done",
        window_from=load.since,
        window_to=load.started_at,
        opened_at=load.started_at,
        closed_at=engine.clock.now(),
        run_id=load.run_id,
        report=report,
    )


def _foreseen(engine: Engine, load: FirstLoad) -> Json:
    numbers = range(partitions_of(engine, load))
    documents = (engine.staging.read_document(load.load_id, preview_document(n)) for n in numbers)
    previews = [document for document in documents if document is not None]
    foreseen = together(previews)
    made = _extract_calls(engine, load) + Counter(foreseen["calls"])
    writing = foreseen.pop("writes")
    paces = {system: engine.ledger.pace(system) for system in writing}
    return {
        **_head(engine, load),
        **foreseen,
        "calls": dict(made),
        "stops": list(stops(previews, load_plan(engine).policies)),
        "estimate": {
            system: {**asdict(paces[system].take(number)), "calls": number}
            for system, number in writing.items()
        },
    }
