"""What a dry run of the first load foresees: counts, samples without values, and the calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.decide.breaker import Breaker
from leadsync.cycle.initial.judged import judged_in
from leadsync.cycle.plan_report import build_plan_report
from leadsync.mapping.plan import Policies
from leadsync.model import SYSTEMS, Json, System
from leadsync.state.load_progress import NOTHING, Tally

#: samples of each kind of change that a partition keeps, and a load shows.
SAMPLES = 3


def preview_document(number: int) -> str:
    """Name of the document of what a partition would do."""
    return f"preview.{number}"


def foresee(engine: Engine, cycle: Cycle) -> Json:
    """Return what a merged partition would write.

    :returns: ``{counts, operations, fields, collisions, quarantine, samples, writes, calls,
        judged}``: numbers by name, samples with ids and field names, calls that writing would take
        and those that were made, rows that were judged and failed by system.
    """
    plan = build_plan_report(engine, cycle)
    changes = plan["changes"]
    fields = Counter(
        f"{change['direction']} {item['field']}" for change in changes for item in change["fields"]
    )
    failures = (failure for item in plan["quarantine"] for failure in item["failures"])
    made = engine.staging.read_document(cycle.cycle_id, "calls_extract_dynamics") or {}
    merged = engine.staging.read_document(cycle.cycle_id, "calls_merge_and_validate") or {}
    return {
        "counts": plan["counts"],
        "operations": dict(Counter(map(_operation, changes))),
        "fields": dict(fields),
        "collisions": dict(Counter(one["field"] for one in plan["collisions"])),
        "quarantine": dict(Counter(f"{one['field']} {one['rule']}" for one in failures)),
        "samples": list(_samples(changes)),
        "writes": {side: _batches(engine, changes, side) for side in SYSTEMS},
        "calls": dict(Counter(made) + Counter(merged)),
        "judged": {judge: asdict(tally) for judge, tally in judged_in(engine, cycle).items()},
    }


def stops(previews: Sequence[Json], policies: Policies) -> Iterator[str]:
    """Tell where the circuit breaker would stop the load, its partitions taken in order."""
    for side in SYSTEMS:
        counted = NOTHING
        for number, preview in enumerate(previews, start=1):
            counted += Tally(**preview["judged"].get(f"rules {side}", {}))
            breaker = Breaker(side, policies, rows=counted.rows, failed=counted.failed)
            if breaker.exceeded is not None:
                yield (
                    f"partition {number} of {len(previews)}: {counted.failed} of {counted.rows} "
                    f"rows for {side.capitalize()} would have failed, more than "
                    f"{breaker.exceeded} allows"
                )
                break


def added_counts(reports: Iterable[Json]) -> Json:
    """Add up the counts of reports, by direction and table."""
    total: dict[str, dict[str, Counter[str]]] = {}
    for report in reports:
        for direction, tables in report["counts"].items():
            for table, numbers in tables.items():
                total.setdefault(direction, {}).setdefault(table, Counter()).update(numbers)
    return {
        direction: {table: dict(numbers) for table, numbers in tables.items()}
        for direction, tables in total.items()
    }


def together(previews: Sequence[Json]) -> Json:
    """Add up what partitions foresee."""
    total: dict[str, Counter[str]] = {name: Counter() for name in _NUMBERS}
    for preview in previews:
        for name in _NUMBERS:
            total[name].update(preview[name])
    samples = _few(sample for preview in previews for sample in preview["samples"])
    numbers = {name: dict(counted) for name, counted in total.items()}
    return {"counts": added_counts(previews), **numbers, "samples": list(samples)}


_NUMBERS = ("operations", "fields", "collisions", "quarantine", "writes", "calls")


def _operation(change: Mapping[str, Any]) -> str:
    return f"{change['direction']} {change['table']} {change['operation']}"


def _samples(changes: Iterable[Mapping[str, Any]]) -> Iterator[Json]:
    return _few(
        {
            "change": _operation(change),
            "marketo_id": change["marketo_id"],
            "dynamics_id": change["dynamics_id"],
            "fields": [item["field"] for item in change["fields"]],
        }
        for change in changes
    )


def _few(samples: Iterable[Json]) -> Iterator[Json]:
    """Yield the first samples of each kind."""
    shown: Counter[str] = Counter()
    for sample in samples:
        shown[sample["change"]] += 1
        if shown[sample["change"]] <= SAMPLES:
            yield sample


def _batches(engine: Engine, changes: Iterable[Mapping[str, Any]], side: System) -> int:
    """Return the calls that a partition's writes to ``side`` take; creates go by themselves."""
    size = engine.marketo.batch_size if side == "marketo" else engine.dynamics.batch_size
    mine = [change["operation"] for change in changes if change["direction"] == f"to_{side}"]
    creates = mine.count("create")
    return -(-creates // size) + -(-(len(mine) - creates) // size)
