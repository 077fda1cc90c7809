"""Stage 4b: write accepted records to Marketo, 300 a call, opt-outs first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from leadsync.cycle.consent.opt_out_lane import before_creates, run_in_lanes
from leadsync.cycle.consent.restrictive import restrictive_fields
from leadsync.cycle.consent.shared_address import OPT_OUT
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.decide.breaker_guard import load_breaker
from leadsync.cycle.decide.claimed import unsettled_fields, without
from leadsync.cycle.load.load_endings import merge_persons
from leadsync.cycle.load.loading import (
    Loader,
    Results,
    Write,
    clashing,
    journal_of,
    link_of,
    read_decisions,
    read_writes,
    staged_links,
    write_results,
)
from leadsync.cycle.load.stamp_persons import own_fields
from leadsync.cycle.match.row_creations import person_born_with
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.quarantine.quarantining import from_server
from leadsync.cycle.reading import as_table
from leadsync.cycle.work import event
from leadsync.mapping.plan import SyncPlan
from leadsync.model import (
    MARKETO_DYNAMICS_DELETED,
    MARKETO_DYNAMICS_ID,
    MARKETO_OWN_FIELDS,
    Json,
    PersonResult,
)
from leadsync.state.port import LIVE, StateChanges, Values

PERSON_NOT_FOUND = "1004"


@dataclass(frozen=True, slots=True)
class _Marketo:
    """What sending and recording one batch needs."""

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    decisions: dict[str, list[Json]]
    agreed: dict[str, Values]
    unsettled: dict[str, set[str]]


def load_marketo(engine: Engine, cycle: Cycle) -> Json:
    """Create, update, link and flag persons.

    :returns: counts by outcome, for the log.
    """
    held_lease(engine, cycle)
    writes = read_writes(engine, cycle, "marketo")
    if not writes:
        return write_results(engine, cycle, "marketo", Results())
    marketo = _Marketo(
        engine,
        cycle,
        plan_of(engine, cycle),
        read_decisions(engine, cycle, "marketo"),
        _agreed(engine, cycle),
        unsettled_fields(engine, cycle),
    )
    creates = [write for write in writes if write.operation == "create"]
    freeing = _freeing(writes)
    updates = [w for w in writes if w.operation not in ("create", "merge") and w not in freeing]
    _store_closed(engine, cycle, writes)
    loader = Loader(
        engine,
        cycle,
        "marketo",
        engine.marketo.batch_size,
        partial(_update, marketo),
        partial(_record, marketo),
        load_breaker(engine, cycle, marketo.plan, "marketo"),
        clashing(marketo.decisions),
    )
    stops = restrictive_fields(marketo.plan)
    loader.run(freeing)
    first, bulk = before_creates(updates, creates, stops, loader.size)
    run_in_lanes(loader, first, stops)
    loader.send = partial(_create, marketo)
    run_in_lanes(loader, creates, stops)
    loader.send = partial(_update, marketo)
    run_in_lanes(loader, bulk, stops)
    merge_persons(loader, writes)
    return loader.finish()


def _freeing(writes: Sequence[Write]) -> list[Write]:
    """Return endings of persons that lose one row and get another in this cycle: those go first."""
    linked = {write.record["marketo_id"] for write in writes if write.operation in _LINKING}
    return [
        write
        for write in writes
        if write.operation in ("flag_deleted", "unlink") and write.record["marketo_id"] in linked
    ]


def _store_closed(engine: Engine, cycle: Cycle, writes: Sequence[Write]) -> None:
    """Store links that this cycle closes where a side gets another counterpart at once (S074)."""
    linking = [write.record for write in writes if write.operation in ("create", "link")]
    rows = {record["dynamics_id"] for record in linking}
    persons = {record["marketo_id"] for record in linking}
    closed = [
        link
        for link in staged_links(engine, cycle)
        if link["status"] not in LIVE
        and (link["dynamics_id"] in rows or link["marketo_id"] in persons)
    ]
    if closed:
        engine.store.apply(StateChanges(links=closed), lease=held_lease(engine, cycle))


def _agreed(engine: Engine, cycle: Cycle) -> dict[str, Values]:
    moves: dict[str, Values] = {}
    for row in engine.staging.read_rows(cycle.cycle_id, "base_moves").records:
        moves.setdefault(row["link_id"], {})[row["field"]] = row["value"]
    return moves


# ---------------------------------------------------------------- sending


def _update(marketo: _Marketo, group: Sequence[Write]) -> list[PersonResult]:
    bodies = [{"id": write.record["marketo_id"], **_body(marketo, write)} for write in group]
    return marketo.engine.marketo.sync_persons("updateOnly", "id", bodies)


def _create(marketo: _Marketo, group: Sequence[Write]) -> list[PersonResult]:
    """Create by our own id: a replay finds the person that the first try made (S027, F18)."""
    bodies = [_without_nulls(_body(marketo, write)) for write in group]
    return marketo.engine.marketo.sync_persons("createOrUpdate", MARKETO_DYNAMICS_ID, bodies)


def _body(marketo: _Marketo, write: Write) -> Json:
    table = marketo.plan.tables[as_table(write.record["table"])]
    fields = table.by_name
    body = {name: fields[name].converter.to_marketo(value) for name, value in write.values.items()}
    if write.operation == "flag_deleted":
        body[MARKETO_DYNAMICS_DELETED] = True
    elif write.operation == "unlink":
        body |= dict.fromkeys(MARKETO_OWN_FIELDS)
    elif write.operation in ("create", *_LINKING):
        record = write.record
        body |= own_fields(table.table, record["dynamics_id"], record["created_on"])
    return body


def _without_nulls(body: Json) -> Json:
    return {name: value for name, value in body.items() if value is not None}


# ---------------------------------------------------------------- recording


def _record(
    marketo: _Marketo,
    group: Sequence[Write],
    answers: Sequence[PersonResult],
    changes: StateChanges,
    results: Results,
) -> None:
    for write, answer in zip(group, answers, strict=True):
        gone = any(error.code == PERSON_NOT_FOUND for error in answer.errors)
        if answer.status != "skipped":
            person = answer.person_id or write.record["marketo_id"]
            _written(marketo, write, person, changes)
            if write.operation == "create":  # "updated" tells that an earlier try made the person
                born_with = person_born_with(marketo.plan.tables[as_table(write.record["table"])])
                changes.base.setdefault(write.record["link_id"], {}).update(born_with)
            results.applied(write, "created" if answer.status == "created" else "updated")
        elif gone and write.operation in ("flag_deleted", "unlink"):
            _written(marketo, write, write.record["marketo_id"], changes)
            results.applied(write, "updated")
        elif gone:
            results.deferred(write, "the person no longer exists in Marketo")
        else:
            results.refused(write, from_server(answer.errors))


def _written(marketo: _Marketo, write: Write, person: int, changes: StateChanges) -> None:
    engine, cycle = marketo.engine, marketo.cycle
    changes.journal.extend(journal_of(write, marketo.decisions, cycle, engine))
    if write.operation == OPT_OUT:  # nothing is known of the other side: it comes back as a change
        return
    link = link_of(write, cycle, engine, person, write.record["link_status"] or "open")
    if write.operation not in ("update", "move"):  # the link of a move is stored with the commit
        changes.links.append(link)
        made_with = write.values if write.operation == "create" else None
        changes.journal.append(
            event(
                cycle.cycle_id,
                engine.clock.now(),
                _EVENTS[write.operation],
                link,
                side="marketo",
                made_with=made_with,
            )
        )
    sent = without(write.values, marketo.unsettled.get(link["link_id"], ()))
    if write.operation == "link":
        changes.base[link["link_id"]] = {**marketo.agreed.get(link["link_id"], {}), **sent}
    elif sent:
        changes.base[link["link_id"]] = sent


_LINKING = ("link", "move")
_EVENTS = {
    "create": "created",
    "link": "linked",
    "flag_deleted": "flagged_deleted",
    "unlink": "link_closed",
}
