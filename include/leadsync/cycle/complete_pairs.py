"""Give every pair its base, and read the other side where the base is known to lag.

A side that is in no feed equals the base, so it is not read, except: the record is in quarantine or
deferred, the pair came back into scope, the base lacks a mapped field, or the run is a backfill.
"""

from __future__ import annotations

from collections.abc import Iterable

from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.reading import as_table, person_values, read_persons, read_rows, row_values
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.merge.pairs import Pair


def complete_pairs(
    engine: Engine, cycle: Cycle, plan: SyncPlan, pending: Unfinished, work: Work
) -> None:
    """Fill the bases, and the sides that must be read, of the pairs in ``work``."""
    known = [pair for pair in work.pairs.values() if not pair.is_new]
    bases = engine.store.base_of([pair.link["link_id"] for pair in known])
    for pair in known:
        pair.base = bases.get(pair.link["link_id"], {})
    lagging = [pair for pair in known if cycle.is_backfill or _lags(plan, pending, pair)]
    _read_persons(engine, plan, [pair for pair in lagging if pair.marketo is None])
    for table in plan.tables.values():
        _read_rows(
            engine,
            table,
            [
                pair
                for pair in lagging
                if pair.dynamics is None and pair.link["dynamics_table"] == table.table
            ],
        )


def _lags(plan: SyncPlan, pending: Unfinished, pair: Pair) -> bool:
    link = pair.link
    return (
        pair.reopened
        or pair.converted
        or pending.concerns(person_key(link["marketo_id"]))
        or pending.concerns(row_key(link["dynamics_table"], link["dynamics_id"]))
        or any(name not in pair.base for name in _two_way(plan, pair))
    )


def _two_way(plan: SyncPlan, pair: Pair) -> Iterable[str]:
    fields = plan.tables[as_table(pair.link["dynamics_table"])].fields
    return (field.name for field in fields if field.direction == "both")


def _read_persons(engine: Engine, plan: SyncPlan, pairs: list[Pair]) -> None:
    found = read_persons(engine, plan, sorted(pair.link["marketo_id"] for pair in pairs))
    for pair in pairs:
        raw = found.get(pair.link["marketo_id"])
        if raw is not None:
            table = plan.tables[as_table(pair.link["dynamics_table"])]
            pair.marketo = person_values(table, raw)


def _read_rows(engine: Engine, table: TablePlan, pairs: list[Pair]) -> None:
    found = read_rows(engine, table, [pair.link["dynamics_id"] for pair in pairs])
    for pair in pairs:
        raw = found.get(pair.link["dynamics_id"])
        if raw is not None:
            pair.dynamics = row_values(table, raw)
            pair.link = {**pair.link, "etag": raw.get("@odata.etag")}
