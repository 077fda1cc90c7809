"""Cycles that read both sides of given pairs, changed or not: for reconcile and field backfill.

They go through the same stages as every cycle and move no cursor. Chunks keep memory flat and let
other cycles in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from leadsync.cycle import stages
from leadsync.cycle.commit import final_outcomes
from leadsync.cycle.context import Cycle, CycleKind, CycleRequest, Engine, batches
from leadsync.cycle.load.loaded import read_loaded
from leadsync.cycle.plan_report import build_plan_report
from leadsync.cycle.runner import give_up
from leadsync.cycle.undo.claim_undone import DOCUMENT as UNDO
from leadsync.errors import LeadsyncError
from leadsync.model import Json
from leadsync.state.port import LinkRow
from leadsync.state.turn import when_free

#: pairs of one cycle: full reads of both sides, 300 persons and 5,000 rows a call.
CHUNK = 15_000
#: how long a chunk waits for another cycle.
PATIENCE = timedelta(minutes=10)
#: a chunk that took so long makes a pause, so that a cycle that waits for the lease gets its turn.
LONG = timedelta(seconds=10)
PAUSE = 3.0

_PAIR = ("table", "marketo_id", "dynamics_id")
_PairKey = tuple[str, int | None, str | None]
#: Opens a cycle, and waits for another one that runs.
Opener = Callable[[Engine, CycleRequest], Json]


@dataclass(slots=True)
class Compared:
    """What comparing came to.

    :param drift: pairs that differ, as ``{table, marketo_id, dynamics_id, repaired, changes}``;
        ``changes`` are ``{direction, operation, fields}`` as ``leadsync plan`` shows them.
    :param left: what an undo leaves alone, as ``{table, marketo_id, dynamics_id, field, reason}``.
    :param calls: API calls by system.
    :param reports: of the cycles that wrote.
    :param degraded: what was not well in the cycles that wrote.
    """

    compared: int = 0
    drift: list[Json] = field(default_factory=list)
    left: list[Json] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    cycles: list[str] = field(default_factory=list)
    reports: list[Json] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)

    @property
    def repaired(self) -> int:
        return sum(bool(item["repaired"]) for item in self.drift)


def compare(
    engine: Engine,
    kind: CycleKind,
    links: Iterable[LinkRow],
    found: Compared,
    *,
    repair: bool,
    only_field: str | None = None,
    undo_of: str | None = None,
    opener: Opener,
) -> None:
    """Run one cycle over the pairs of ``links`` and add to ``found`` what differs.

    :param repair: write what the rules decide; otherwise nothing is written on either side.
    :param opener: opens the cycle in its turn.
    :raises LeaseHeldError: another cycle did not end in time.
    """
    persons = tuple(link["marketo_id"] for link in links)
    if not persons:
        return
    request = CycleRequest(
        kind,
        engine.clock.now(),
        dry_run=not repair,
        compare=persons,
        only_field=only_field,
        undo_of=undo_of,
    )
    document = opener(engine, request)
    cycle = Cycle.from_json(document)
    try:
        stages.extract_marketo(engine, document)
        stages.extract_dynamics(engine, document)
        stages.merge_and_validate(engine, document)
        plan = build_plan_report(engine, cycle)
        left = engine.staging.read_document(cycle.cycle_id, UNDO) or {"left": ()}
        if repair:
            stages.load_dynamics(engine, document)
            stages.load_marketo(engine, document)
        done = _applied(engine, cycle) if repair else set()
        report = stages.quarantine_and_commit(engine, document)
    except LeadsyncError as error:
        give_up(engine, document, error)
        raise
    report = stages.send_activities(engine, document, report)
    engine.staging.drop(cycle.cycle_id)
    found.compared += len(persons)
    found.drift.extend(_drift(plan, done))
    found.left.extend(left["left"])
    if repair:
        found.cycles.append(cycle.cycle_id)
        found.reports.append(report)
        found.degraded.extend(set(report["degraded"]) - set(found.degraded))
        for system, calls in report["calls"].items():
            found.calls[system] = found.calls.get(system, 0) + calls
    if engine.clock.now() - cycle.opened_at > LONG:
        engine.clock.sleep(PAUSE)


def chunks(links: Iterable[LinkRow], size: int = CHUNK) -> Iterator[list[LinkRow]]:
    """Cut the open links into chunks, in their order."""
    return batches((link for link in links if link["status"] == "open"), size)


def open_when_free(engine: Engine, request: CycleRequest) -> Json:
    """Open a cycle, after another one that runs.

    :raises LeaseHeldError: it did not end within ``PATIENCE``.
    """
    return when_free(engine.clock, lambda: stages.open_cycle(engine, request), PATIENCE)


def _applied(engine: Engine, cycle: Cycle) -> set[tuple[str, _PairKey]]:
    """Return direction and pair of every write that went through."""
    return {
        (outcome["direction"], _pair(outcome))
        for outcome in final_outcomes(engine, cycle, read_loaded(engine, cycle))
        if outcome["state"] == "applied"
    }


def _drift(plan: Json, applied: set[tuple[str, _PairKey]]) -> Iterator[Json]:
    """Group what the merge wants to write, and what is held of it, by pair."""
    changes: dict[_PairKey, list[Json]] = defaultdict(list)
    held = {_pair(item) for item in plan["quarantine"]}
    for change in plan["changes"]:
        changes[_pair(change)].append(change)
    for pair in {**dict.fromkeys(held), **changes}:
        wanted = changes.get(pair, [])
        mended = all((change["direction"], pair) in applied for change in wanted)
        yield {
            **dict(zip(_PAIR, pair, strict=True)),
            "repaired": bool(wanted) and mended and pair not in held,
            "changes": [
                {name: change[name] for name in ("direction", "operation", "fields")}
                for change in wanted
            ],
        }


def _pair(record: Json) -> _PairKey:
    return record["table"], record["marketo_id"], record["dynamics_id"]
