"""Give every pair its base, and read the other side where the base is known to lag.

A side that is in no feed equals the base, so it is not read, except: the record is in quarantine or
deferred, the pair came back into scope, the base lacks a mapped field, the row changed while it is
not active, or the run is a backfill or works on named records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from leadsync.cycle.carried import Unfinished, person_key, row_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract.vanished import GONE, may_be_merged
from leadsync.cycle.gather.inactive_rows import ACTIVE, WAITS
from leadsync.cycle.gather.restamp import is_bare
from leadsync.cycle.reading import (
    as_table,
    person_values,
    read_persons,
    read_rows,
    row_id_of,
    row_values,
)
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.merge.pairs import Pair
from leadsync.model import DYNAMICS_SYNC_FLAG, Json
from leadsync.values.marks import ABSENT


def complete_pairs(
    engine: Engine,
    cycle: Cycle,
    plan: SyncPlan,
    pending: Unfinished,
    work: Work,
    *,
    only: Sequence[Pair] | None = None,
) -> None:
    """Fill the bases, and the sides that must be read, of the pairs in ``work``.

    :param only: the pairs that are not complete yet; default: all.
    """
    pairs = work.pairs.values() if only is None else only
    known = [pair for pair in pairs if not pair.is_new]
    _fill_bases(engine, cycle, known)
    for pair in pairs:
        _give_way(pair, _defaults(plan)[pair.link["dynamics_table"]])
    if not known:
        return
    compared = _compared(plan)
    lagging = [pair for pair in known if not cycle.moves_cursors or _lags(compared, pending, pair)]
    gone = _read_persons(engine, plan, [pair for pair in lagging if pair.marketo is None])
    for pair in gone:
        _without_person(engine, cycle, pending, pair, work)
        lagging.remove(pair)
    for table in plan.tables.values():
        mine = [pair for pair in lagging if pair.link["dynamics_table"] == table.table]
        unread = [pair for pair in mine if pair.dynamics is None]
        rows = _read_rows(engine, table, unread)
        for pair in unread:
            row = rows.get(pair.link["dynamics_id"])
            if row is not None and row.get(DYNAMICS_SYNC_FLAG) is False and not pair.stamps:
                _leave_alone(pair, work, "out_of_scope", "the sync filter says No")
            elif row is not None and _has_just_closed(pair, row):
                _leave_alone(pair, work, "deferred", WAITS)


def _fill_bases(engine: Engine, cycle: Cycle, known: Sequence[Pair]) -> None:
    bases = engine.store.base_of([pair.link["link_id"] for pair in known]) if known else {}
    fresh = _mapped_anew(engine, cycle) if known else {}
    for pair in known:
        stored = {**pair.base, **bases.get(pair.link["link_id"], {})}
        new = fresh.get(pair.link["dynamics_table"], ())
        pair.base = {name: value for name, value in stored.items() if name not in new}
        if pair.fills and pair.dynamics is not None:  # then the person's value is the only change
            empty = [name for name, value in pair.dynamics.items() if value is None]
            pair.base.update(dict.fromkeys(empty))


def _give_way(pair: Pair, defaults: Mapping[str, str]) -> None:
    """Let a default that the row was made with give way to what its person got since (S028)."""
    marketo, dynamics = pair.marketo or {}, pair.dynamics or {}
    for name, default in defaults.items():
        made_with = (pair.base.get(name, ABSENT), dynamics.get(name)) == (None, default)
        if made_with and marketo.get(name) is not None:
            pair.base[name] = default


@lru_cache(maxsize=32)
def _defaults(plan: SyncPlan) -> Mapping[str, Mapping[str, str]]:
    """Return by table the values that new rows get where their persons have none."""
    return {
        table.table: {
            f.name: f.default_on_create for f in table.own if f.default_on_create is not None
        }
        for table in plan.tables.values()
    }


def _mapped_anew(engine: Engine, cycle: Cycle) -> Json:
    """Return fields by table whose base, if any, is from before they left the mapping (S125)."""
    document = engine.staging.read_document(cycle.cycle_id, "extract_dynamics") or {}
    fields: Json = document.get("mapped_anew", {})
    return fields


def _lags(compared: Mapping[str, set[str]], pending: Unfinished, pair: Pair) -> bool:
    link = pair.link
    return (
        pair.reopened
        or pair.converted
        or pair.moved
        or (link["status"] == "inactive" and pair.row_extracted)
        or pending.lags(person_key(link["marketo_id"]))
        or pending.lags(row_key(link["dynamics_table"], link["dynamics_id"]))
        or not pair.base.keys() >= compared[link["dynamics_table"]]
    )


@lru_cache(maxsize=32)
def _compared(plan: SyncPlan) -> Mapping[str, set[str]]:
    """Return by table the fields without which a base is not whole."""
    return {
        table.table: {f.name for f in table.fields if f.flows("to_dynamics")}
        for table in plan.tables.values()
    }


def _without_person(
    engine: Engine, cycle: Cycle, pending: Unfinished, pair: Pair, work: Work
) -> None:
    """Let a pair wait whose person is gone, or close its link when that was no merge.

    The row is matched again in the next cycle, as any row without a link (S074).
    """
    link = pair.link
    del work.pairs[link["link_id"]]
    ids: Json = {name: link[name] for name in ("marketo_id", "dynamics_id")}
    record: Json = {**ids, "table": link["dynamics_table"]}
    reason = GONE
    if may_be_merged(engine, cycle, pending, link["marketo_id"]):
        work.settle(person_key(link["marketo_id"]), "to_dynamics", record, "deferred", GONE)
    else:
        work.close(link, "marketo_deleted", cycle.cycle_id, cycle.opened_at, "deleted in Marketo")
        reason = "its person no longer exists in Marketo"
    key = row_key(link["dynamics_table"], link["dynamics_id"])
    work.settle(key, "to_marketo", record, "deferred", reason)


def _read_persons(engine: Engine, plan: SyncPlan, pairs: list[Pair]) -> list[Pair]:
    """Fill the Marketo sides; returns the pairs whose person no longer exists."""
    found = read_persons(engine, plan, sorted(pair.link["marketo_id"] for pair in pairs))
    for pair in pairs:
        raw = found.get(pair.link["marketo_id"])
        if raw is not None:
            table = plan.tables[as_table(pair.link["dynamics_table"])]
            pair.marketo = person_values(table, raw)
            pair.restamped = pair.restamped or is_bare(row_id_of(raw), pair)
    return [pair for pair in pairs if pair.marketo is None]


def _has_just_closed(pair: Pair, row: Json) -> bool:
    """Tell whether a row was closed or qualified, and no feed has told so yet."""
    active = row.get("statecode") in (None, int(ACTIVE))
    return pair.link["status"] == "open" and not active and not pair.stamps


def _leave_alone(pair: Pair, work: Work, state: str, reason: str) -> None:
    """Leave a pair alone whose row has just changed its form; its own change will tell the link.

    No value may pass the filter meanwhile, in either direction (S085, S086), and none goes to a row
    that is closed or became a contact (S094, S096).
    """
    link = pair.link
    del work.pairs[link["link_id"]]
    if pair.person_extracted:
        record: Json = {name: link[name] for name in ("marketo_id", "dynamics_id")}
        record["table"] = link["dynamics_table"]
        work.settle(person_key(link["marketo_id"]), "to_dynamics", record, state, reason)


def _read_rows(engine: Engine, table: TablePlan, pairs: list[Pair]) -> dict[str, Json]:
    """Fill the Dynamics sides; returns the rows as read, by id."""
    found = read_rows(engine, table, [pair.link["dynamics_id"] for pair in pairs])
    for pair in pairs:
        raw = found.get(pair.link["dynamics_id"])
        if raw is not None:
            pair.dynamics = row_values(table, raw)
            pair.link = {**pair.link, "etag": raw.get("@odata.etag")}
            pair.created_on = pair.created_on or raw.get("createdon")
    return found
