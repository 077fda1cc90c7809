"""What the tasks do of DAGs that compare linked pairs, changed or not.

The engine runs a cycle per chunk of pairs, so all of it is one task; runs of ``lead_sync`` get
their turn between the chunks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leadsync_airflow.metrics import send_compared
from leadsync_airflow.turns import open_when_free, owner_of, run_states
from leadsync_airflow.window import instant

if TYPE_CHECKING:
    from leadsync.cycle.context import CycleRequest, Engine
    from leadsync.cycle.request.comparison import Compared, Opener
    from leadsync.model import Json

log = logging.getLogger(__name__)

#: most pairs that a run's result and log list; the counts are always of all.
SHOWN_PAIRS = 100


def reconcile(context: Mapping[str, Any]) -> dict[str, Any]:
    """Compare all linked pairs; returns how many differ, and the first of them.

    :raises LeaseHeldError: another cycle is still at work after minutes.
    """
    from leadsync.cycle.request.reconcile import reconcile as run
    from leadsync.engine import build_engine

    engine = build_engine()
    found = run(engine, repair=context["params"]["repair"], opener=opener_of(context))
    send_compared(engine, "reconcile", found)
    return tell(found)


def backfill_field(context: Mapping[str, Any]) -> dict[str, Any]:
    """Bring one field up to date; returns how many pairs differed, and the first of them.

    :raises MappingError: the field is not synchronised; names the nearest one.
    :raises ConfigurationError: ``from`` or ``to`` is no instant, or they are the wrong way round.
    """
    from leadsync.cycle.request.field_backfill import Span
    from leadsync.cycle.request.field_backfill import backfill_field as run
    from leadsync.engine import build_engine

    params = context["params"]
    start, end = (instant(key, params[key]) if params[key] else None for key in ("from", "to"))
    engine, span = build_engine(), Span(start, end)
    found = run(engine, params["field"].strip(), span, opener=opener_of(context))
    send_compared(engine, "field_backfill", found)
    return tell(found)


def undo(context: Mapping[str, Any]) -> dict[str, Any]:
    """Take back one cycle's writes; returns the first pairs, and what is left alone and why.

    :raises ConfigurationError: there is no such cycle, or it is still at work.
    """
    from leadsync.cycle.request.undo import undo as run
    from leadsync.engine import build_engine

    params = context["params"]
    cycle_id, dry_run = params["cycle_id"].strip(), params["dry_run"]
    engine = build_engine()
    found = run(engine, cycle_id, dry_run=dry_run, opener=opener_of(context))
    send_compared(engine, "undo", found)
    told = tell(found)
    for one in found.left[:SHOWN_PAIRS]:
        log.info(
            "Person %s, %s %s: %s left alone, %s.",
            one["marketo_id"],
            one["table"],
            one["dynamics_id"],
            one["field"] or "the record",
            one["reason"],
        )
    return {
        **told,
        "undone": found.repaired,
        "left": len(found.left),
        "left_alone": found.left[:SHOWN_PAIRS],
    }


def opener_of(context: Mapping[str, Any]) -> Opener:
    """Return a function that opens a cycle of this DAG run as soon as the lease is free."""
    owner, states = owner_of(context["dag_run"]), run_states(context["task_instance"])

    def open_cycle(engine: Engine, request: CycleRequest) -> Json:
        return open_when_free(engine, replace(request, run_id=owner), states)

    return open_cycle


def tell(found: Compared) -> dict[str, Any]:
    """Log what was found and return it: names of fields, but no values."""
    pairs = [_pair(item) for item in found.drift[:SHOWN_PAIRS]]
    more = len(found.drift) - len(pairs)
    log.info(
        "%d pairs compared, %d differ, %d repaired.",
        found.compared,
        len(found.drift),
        found.repaired,
    )
    for pair in pairs:
        log.info(
            "Person %s, %s %s: %s%s.",
            pair["marketo_id"],
            pair["table"],
            pair["dynamics_id"],
            ", ".join(pair["fields"]) or "held in quarantine",
            "" if pair["repaired"] else ", not repaired",
        )
    for reason in found.degraded:
        log.warning("Degraded: %s", reason)
    if more:
        log.info("... and %d more; the command line's --json lists all.", more)
    return {
        "compared": found.compared,
        "drift": len(found.drift),
        "repaired": found.repaired,
        "pairs": pairs,
        "calls": found.calls,
        "cycles": found.cycles,
        "degraded": found.degraded,
    }


def _pair(item: Mapping[str, Any]) -> dict[str, Any]:
    names = {field["field"] for change in item["changes"] for field in change["fields"]}
    told = {name: item[name] for name in ("table", "marketo_id", "dynamics_id", "repaired")}
    return {**told, "fields": sorted(names)}
