"""Stage 4a: write accepted records to Dynamics in full batches, never over a third change.

Every update carries the ETag of the row that was decided upon; when somebody has changed the row
since, the server refuses and the record goes to the next cycle (S050).
"""

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
from leadsync.cycle.load.load_afterwards import Afterwards
from leadsync.cycle.load.load_endings import end_rows
from leadsync.cycle.load.load_rows import RowLoad
from leadsync.cycle.load.loading import (
    Loader,
    Results,
    Write,
    clashing,
    journal_of,
    link_of,
    read_decisions,
    read_writes,
    write_results,
)
from leadsync.cycle.load.stamp_persons import stamp_persons
from leadsync.cycle.plan.schemas import plan_of
from leadsync.cycle.quarantine.quarantining import from_server
from leadsync.cycle.reading import as_table
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json, RowResult, RowWrite
from leadsync.state.port import StateChanges


@dataclass(frozen=True, slots=True)
class _Dynamics:
    """What sending and recording one batch needs."""

    engine: Engine
    cycle: Cycle
    plan: SyncPlan
    decisions: dict[str, list[Json]]
    unsettled: dict[str, set[str]]


def load_dynamics(engine: Engine, cycle: Cycle) -> Json:
    """Update leads and contacts, create those that persons are to become, assign owners.

    :returns: counts by outcome, for the log.
    """
    held_lease(engine, cycle)
    writes = read_writes(engine, cycle, "dynamics")
    if not writes:
        return write_results(engine, cycle, "dynamics", Results())
    decisions = read_decisions(engine, cycle, "dynamics")
    unsettled = unsettled_fields(engine, cycle)
    dynamics = _Dynamics(engine, cycle, plan_of(engine, cycle), decisions, unsettled)
    loader = Loader(
        engine,
        cycle,
        "dynamics",
        engine.dynamics.batch_size,
        partial(_send, dynamics),
        partial(_record, dynamics),
        load_breaker(engine, cycle, dynamics.plan, "dynamics"),
        clashing(decisions),
    )
    updates = [w for w in writes if w.operation in ("update", "link", "move", OPT_OUT)]
    creates = [w for w in writes if w.operation == "create"]
    stops = restrictive_fields(dynamics.plan)
    first, bulk = before_creates(updates, creates, stops, loader.size)
    run_in_lanes(loader, first, stops)
    _make_rows(loader, dynamics, creates)
    loader.send, loader.record = partial(_send, dynamics), partial(_record, dynamics)
    run_in_lanes(loader, bulk, stops)
    after = Afterwards(engine, cycle)
    loader.send, loader.record = after.send, after.record
    loader.run([w for w in writes if w.operation in ("assign", "qualify")])
    end_rows(loader, writes)
    return loader.finish()


def _make_rows(loader: Loader, dynamics: _Dynamics, creates: Sequence[Write]) -> None:
    """Create rows, then stamp their persons: a stamp says that the row exists."""
    if not creates:
        return
    engine, cycle, plan = dynamics.engine, dynamics.cycle, dynamics.plan
    rows = RowLoad(engine, cycle, plan)
    loader.send, loader.record = rows.send, rows.record
    loader.run(creates)
    applied = {row["record_key"] for row in loader.results.rows if row["state"] == "applied"}
    made = [write for write in creates if write.key in applied]
    stamp_persons(engine, cycle, plan, made, rows.created_on)


def _send(dynamics: _Dynamics, group: Sequence[Write]) -> list[RowResult]:
    return dynamics.engine.dynamics.write_rows([_row_write(dynamics, write) for write in group])


def _row_write(dynamics: _Dynamics, write: Write) -> RowWrite:
    table = as_table(write.record["table"])
    fields = dynamics.plan.tables[table].by_name
    body = {
        fields[name].column.name: fields[name].converter.to_dynamics(value)
        for name, value in write.values.items()
    }
    return RowWrite("update", table, write.record["dynamics_id"], body, write.record["etag"])


def _record(
    dynamics: _Dynamics,
    group: Sequence[Write],
    answers: Sequence[RowResult],
    changes: StateChanges,
    results: Results,
) -> None:
    for write, answer in zip(group, answers, strict=True):
        if answer.status == "written":
            _written(dynamics, write, answer, changes)
            results.applied(write, "updated")
        elif answer.status == "conflict":
            results.deferred(write, "changed in Dynamics while the cycle ran")
        elif answer.status == "missing":
            results.deferred(write, "the record no longer exists in Dynamics")
        elif write.operation == OPT_OUT:  # its person has no id yet: the next cycle knows the pair
            results.deferred(write, "refused by the server; tried again with its person")
        else:
            errors = (answer.error,) if answer.error else ()
            results.refused(write, from_server(errors))


def _written(dynamics: _Dynamics, write: Write, answer: RowResult, changes: StateChanges) -> None:
    engine, cycle = dynamics.engine, dynamics.cycle
    if write.operation == "update":  # a new link and its base are stored by the Marketo side
        link = link_of(write, cycle, engine, write.record["marketo_id"], "open")
        changes.links.append({**link, "etag": answer.etag or link["etag"]})
        waiting = dynamics.unsettled.get(link["link_id"], ())
        changes.base[link["link_id"]] = without(write.values, waiting)
    elif write.operation == "move":  # its link is stored with the commit
        link_id = write.record["link_id"]
        changes.base[link_id] = without(write.values, dynamics.unsettled.get(link_id, ()))
    changes.journal.extend(journal_of(write, dynamics.decisions, cycle, engine))
