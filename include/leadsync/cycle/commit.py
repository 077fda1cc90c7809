"""Stage 5: store what the cycle came to, and move the cursors last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from leadsync.clock import parse_instant
from leadsync.cycle.activity_log.entries import new_entries
from leadsync.cycle.carried import Unfinished, unfinished
from leadsync.cycle.consent.marks import add_marks
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.decide.breaker_guard import breakers_of
from leadsync.cycle.decide.claimed import settled_base, unsettled_fields, without
from leadsync.cycle.decide.warnings import (
    counted_warnings,
    warnings_journalled,
    written_warnings,
)
from leadsync.cycle.degraded import degraded_reasons
from leadsync.cycle.extract.full_comparison import full_comparisons
from leadsync.cycle.gather.endings import ENDING_OPERATIONS
from leadsync.cycle.gather.relabelled import settle_relabelled
from leadsync.cycle.initial.beyond import add_beyond
from leadsync.cycle.initial.judged import partition_mark
from leadsync.cycle.load.loaded import Loaded, read_loaded
from leadsync.cycle.load.loading import staged_links
from leadsync.cycle.load.stamp_persons import unstamped
from leadsync.cycle.plan.rule_changes import rule_changes
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.quarantine.quarantine_commit import QuarantineKeeper
from leadsync.cycle.quarantine.quarantining import quarantine_items
from leadsync.cycle.related.follow_ups import follow_ups
from leadsync.cycle.related.relation_commit import add_relations
from leadsync.cycle.report import build_report
from leadsync.cycle.request.answers import answered
from leadsync.cycle.retention import let_go
from leadsync.errors import StateError
from leadsync.model import Json
from leadsync.state.port import (
    CycleRecord,
    DeferredRow,
    JournalRow,
    Lease,
    LinkRow,
    StateChanges,
    Values,
)

STAGES = (
    "open_cycle",
    "extract_marketo",
    "extract_dynamics",
    "merge_and_validate",
    "load_dynamics",
    "load_marketo",
)

EXTRACTS = ("extract_marketo", "extract_dynamics")

#: Overlaps for which processed activities are remembered beyond what is still to be settled.
SEEN_OVERLAPS = 4


def quarantine_and_commit(engine: Engine, cycle: Cycle) -> Json:
    """Store quarantine, deferrals, links, base, report and cursors in one transaction.

    :returns: the report, as ``leadsync cycle --json`` prints it.
    :raises UnaccountedRowError: a row is in no terminal state; nothing is stored.
    """
    stored = engine.store.cycle(cycle.cycle_id)
    if stored is not None and stored.status == "done" and stored.report is not None:
        return stored.report
    lease = held_lease(engine, cycle)
    plan = plan_of(engine, cycle)
    pending = unfinished(engine)
    extracts = {stage: _extract(engine, cycle, stage) for stage in EXTRACTS}
    loaded = read_loaded(engine, cycle)
    outcomes = final_outcomes(engine, cycle, loaded)
    report = build_report(cycle, plan, outcomes, _calls(engine, cycle))
    add_beyond(engine, cycle, outcomes, report)
    report["full_comparison"] = full_comparisons(*extracts.values())
    report["unread_since"] = dict(extracts["extract_marketo"].get("unread_since", {}))
    warnings = written_warnings(engine, cycle, outcomes)
    report["warnings"] = counted_warnings(warnings)
    report["rule_changes"] = rule_changes(engine, cycle)
    items = _quarantined(engine, cycle, loaded)
    afterwards = _afterwards(loaded, outcomes)
    keeper = QuarantineKeeper(
        cycle.cycle_id,
        plan.rules_hash,
        engine.clock.now(),
        engine.new_id,
        pending,
        _endings(loaded),
    )
    deferred = _deferred(cycle, pending, [*outcomes, *_carried_on(engine, cycle, outcomes)])
    report["degraded"] = degraded_reasons(
        engine,
        cycle,
        plan.policies,
        report,
        deferred=deferred,
        breakers=breakers_of(engine, cycle, plan, pending),
    )
    changes = StateChanges(
        links=_links(engine, cycle, loaded),
        base=_base(engine, cycle, loaded),
        journal=[*_events(engine, cycle), *warnings_journalled(cycle, warnings)],
        deferred=deferred,
        deferred_cleared=list(pending.deferred) if cycle.moves_cursors else [],
        requests=answered(engine, cycle, [*outcomes, *afterwards], items),
        cycle=_closed(engine, cycle, stored, report),
    )
    keeper.add_to(changes, items, [*outcomes, *afterwards])
    changes.activities = new_entries(engine, cycle, changes.quarantine, engine.clock.now())
    add_marks(engine, cycle, changes)
    add_relations(engine, cycle, plan, changes)
    if cycle.moves_cursors:
        _advance(engine, cycle, extracts, changes)
    changes.cursors |= partition_mark(engine, cycle, report)
    engine.store.apply(changes, lease=lease)
    if cycle.moves_cursors:
        settle_relabelled(engine, cycle, outcomes)
        let_go(engine, lease)
    if not cycle.shares_lease:
        _release(engine, lease)
    return report


def final_outcomes(engine: Engine, cycle: Cycle, loaded: Loaded) -> list[Json]:
    """Return the outcomes of the merge, completed by what the load stages report."""
    results = {row["record_key"]: row for rows in loaded.results.values() for row in rows}
    outcomes = []
    for outcome in engine.staging.read_rows(cycle.cycle_id, "outcomes").records:
        result = results.get(outcome["record_key"])
        if outcome["state"] == "quarantined" and outcome["record_key"] in loaded.unlinked:
            outcome.update(state="out_of_scope", reason="not linked to a Dynamics record")
        if outcome["state"] == "writing" and result is not None:
            outcome.update(
                state=result["state"],
                operation=result["operation"] or "",
                reason=result["reason"] or "",
            )
        outcomes.append(outcome)
    return outcomes


def _carried_on(engine: Engine, cycle: Cycle, outcomes: Sequence[Json]) -> list[Json]:
    """Return records that are done, and that the next cycle looks at once more."""
    return [*unstamped(engine, cycle, outcomes), *follow_ups(engine, cycle, outcomes)]


def _afterwards(loaded: Loaded, outcomes: Iterable[Json]) -> list[Json]:
    """Return what became of writes that belong to no extracted row, such as assignments."""
    rows = {outcome["record_key"] for outcome in outcomes}
    results = loaded.results["dynamics"]
    return [result for result in results if result["record_key"] not in rows]


def _quarantined(engine: Engine, cycle: Cycle, loaded: Loaded) -> list[Json]:
    frames = ("quarantine", "marketo_refused", "dynamics_refused")
    return [
        item
        for name in frames
        for item in quarantine_items(engine.staging.read_rows(cycle.cycle_id, name))
        if item["record_key"] not in loaded.unlinked
    ]


def _calls(engine: Engine, cycle: Cycle) -> Mapping[str, int]:
    """Add up the calls that the stages report."""
    total: dict[str, int] = {}
    for stage in STAGES:
        made = engine.staging.read_document(cycle.cycle_id, f"calls_{stage}") or {}
        for system, count in made.items():
            total[system] = total.get(system, 0) + count
    return total


def _links(engine: Engine, cycle: Cycle, loaded: Loaded) -> list[LinkRow]:
    """Return scope changes, closed links and new ETags, except where a load stored a newer one."""
    written = {
        write["link_id"]
        for write, _ in loaded.applied["dynamics"]
        if write["operation"] == "update"
    }
    return [
        link
        for link in staged_links(engine, cycle)
        if link["link_id"] not in written or link["status"] != "open"
    ]


def _base(engine: Engine, cycle: Cycle, loaded: Loaded) -> dict[str, Values]:
    """Return values that both sides agree on without a write, and those of links made just now.

    A new link's base needs the link, which its Marketo write stores: values that the same link sent
    to Dynamics are added here. A link that moved is stored however Marketo answered (P3).
    """
    applied = loaded.applied
    linked = {write["link_id"] for write, _ in applied["marketo"]}
    unsure = [w for w, _ in applied["dynamics"] if w["operation"] == "link"]
    persons = sorted({w["marketo_id"] for w in unsure if w["link_id"] not in linked})
    if persons:
        linked |= {link["link_id"] for link in engine.store.links_of_persons(persons)}
    base: dict[str, Values] = {}
    for row in engine.staging.read_rows(cycle.cycle_id, "base_moves").records:
        if row["operation"] == "update":
            base.setdefault(row["link_id"], {})[row["field"]] = row["value"]
    waiting = unsettled_fields(engine, cycle)
    for record, values in applied["dynamics"]:
        link_id = record["link_id"]
        if record["operation"] == "link" and link_id in linked:
            base.setdefault(link_id, {}).update(without(values, waiting.get(link_id, ())))
    for link_id, values in settled_base(engine, cycle, applied).items():
        base.setdefault(link_id, {}).update(values)
    return base


def _endings(loaded: Loaded) -> dict[str, str]:
    """Return the operations that end a pair or close a record, by record key."""
    return {
        write["record_key"]: write["operation"]
        for writes in loaded.writes.values()
        for write, _ in writes
        if write["operation"] in ENDING_OPERATIONS
    }


def _events(engine: Engine, cycle: Cycle) -> list[JournalRow]:
    return [
        JournalRow(
            cycle_id=cycle.cycle_id,
            at=cycle.opened_at,
            kind=row["kind"],
            side=row["side"],
            dynamics_table=row["table"],
            marketo_id=row["marketo_id"],
            dynamics_id=row["dynamics_id"],
            field=row["field"],
            base=row["base"],
            marketo=row["marketo"],
            dynamics=row["dynamics"],
            winner=row["winner"],
            rule=row["rule"],
        )
        for row in engine.staging.read_rows(cycle.cycle_id, "events").records
    ]


def _deferred(
    cycle: Cycle, pending: Unfinished, outcomes: Iterable[Mapping[str, Any]]
) -> list[DeferredRow]:
    rows = []
    for outcome in outcomes:
        if outcome["state"] != "deferred":
            continue
        before = pending.deferred.get(outcome["record_key"])
        rows.append(
            DeferredRow(
                record_key=outcome["record_key"],
                direction=outcome["direction"],
                dynamics_table=outcome["table"],
                marketo_id=outcome["marketo_id"],
                dynamics_id=outcome["dynamics_id"],
                reason=outcome["reason"],
                since_cycle=before["since_cycle"] if before else cycle.cycle_id,
                times=before["times"] + 1 if before else 1,
            )
        )
    return rows


def _extract(engine: Engine, cycle: Cycle, stage: str) -> Json:
    """Return what an extracting stage has noted for the commit."""
    return engine.staging.read_document(cycle.cycle_id, stage) or {}


def _advance(
    engine: Engine, cycle: Cycle, extracts: Mapping[str, Json], changes: StateChanges
) -> None:
    for document in extracts.values():
        changes.cursors.update(document.get("cursors", {}))
    activities = engine.staging.read_rows(cycle.cycle_id, "activities").records
    changes.seen_activities = {row["guid"]: parse_instant(row["at"]) for row in activities}
    unsettled = extracts["extract_marketo"].get("unsettled_since")
    changes.seen_before = _forgettable(engine, cycle, unsettled)


def _forgettable(engine: Engine, cycle: Cycle, unsettled: str | None) -> datetime:
    """Return the time before which no activity will be read again."""
    overlap = timedelta(seconds=engine.settings.overlap_seconds)
    since = min(cycle.opened_at, parse_instant(unsettled)) if unsettled else cycle.opened_at
    return since - SEEN_OVERLAPS * overlap


def _closed(engine: Engine, cycle: Cycle, stored: CycleRecord | None, report: Json) -> CycleRecord:
    if stored is None:
        raise StateError(
            f"Cycle {cycle.cycle_id} was never opened in this state store.",
            remedy="Start the run again from its first task.",
        )
    return replace(stored, status="done", closed_at=engine.clock.now(), report=report)


def _release(engine: Engine, lease: Lease | None) -> None:
    if lease is not None:
        engine.store.release_lease(lease)
