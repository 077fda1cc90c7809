"""What the tasks of ``quarantine_retry`` do: choose rows, ask whether they may go, try them.

What is chosen is fixed in staging, so that exactly that is tried which somebody has approved.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from leadsync.errors import ConfigurationError
from leadsync_airflow.requested import run_on_requests
from leadsync_airflow.tasks import Summary
from leadsync_airflow.turns import owner_of, run_states, when_free
from leadsync_airflow.window import instant

if TYPE_CHECKING:
    from leadsync.cycle.context import Engine
    from leadsync.state.item_filter import ItemFilter
    from leadsync.state.port import QuarantineRow

log = logging.getLogger(__name__)

#: more rows than this are only released when somebody approves.
APPROVE_ABOVE = 100
#: most items that a run's result and log list, and most causes that the question names.
SHOWN_ITEMS = 1000
SHOWN_CAUSES = 20
APPROVE, RETRY = "approve_release", "retry_items"

_DOCUMENT = "selection"
_NAMESPACE = uuid.UUID("0c2f7f3e-5d0e-4f0b-8a55-6f6b3a0f1f5d")
_EQUAL = ("direction", "table", "field", "rule", "source", "person", "text")


def select_items(context: Mapping[str, Any]) -> Summary:
    """Choose the rows that the run names; returns how many there are, and why they are held.

    A run that names none means those that somebody has released and no cycle has tried yet.

    :raises ConfigurationError: an id names no item that waits.
    """
    from leadsync.engine import build_engine

    engine, params = build_engine(), context["params"]
    items = _chosen(engine, params)
    selection = _selection(context)
    engine.staging.write_document(selection, _DOCUMENT, {"ids": [item["id"] for item in items]})
    return {
        "selection": selection,
        "items": len(items),
        "needs_approval": len(items) > params["approve_above"],
        "causes": _causes(items),
    }


def next_task(selected: Summary) -> str:
    """Return the task that follows the choice: the question, or the retry."""
    return APPROVE if selected["needs_approval"] else RETRY


def retry_items(context: Mapping[str, Any], selected: Summary) -> Summary:
    """Release what was chosen and run cycles on it; returns what became of each row.

    :raises LeaseHeldError: another cycle is still at work after minutes; what is released already
        is taken up by it or by the next one.
    """
    from leadsync.engine import build_engine

    engine = build_engine()
    document = engine.staging.read_document(selected["selection"], _DOCUMENT)
    if document is None:
        raise ConfigurationError(
            "The rows that this run had chosen are no longer in staging.",
            remedy="Clear the task select_items too, or trigger a new run.",
        )
    return _tell(_retried(engine, context, document["ids"]))


def _retried(engine: Engine, context: Mapping[str, Any], ids: Sequence[str]) -> list[QuarantineRow]:
    from leadsync.cycle.context import batches
    from leadsync.review.retry import CHUNK, Retry

    states = run_states(context["task_instance"])
    retry = Retry(engine, owner_of(context["dag_run"]), _actor(context), patience=timedelta(0))
    for part in batches(ids, CHUNK):
        requests = when_free(engine, partial(retry.release, part), states)
        run_on_requests(engine, requests, context)
    return engine.store.quarantine(ids=ids)


def _chosen(engine: Engine, params: Mapping[str, Any]) -> list[QuarantineRow]:
    from leadsync.review.decide import waiting_items
    from leadsync.state.item_filter import EVERYTHING

    where = _filter(params)
    if params["ids"]:
        if where != EVERYTHING:
            raise ConfigurationError(
                "The run names rows by id and by a filter.", remedy="Give one or the other."
            )
        return waiting_items(engine.store, params["ids"])
    if where == EVERYTHING:
        return engine.store.quarantine(statuses=["released"])
    return waiting_items(engine.store, None, where)


def _filter(params: Mapping[str, Any]) -> ItemFilter:
    from leadsync.state.item_filter import ItemFilter, row_id

    since = instant("since", params["since"]) if params["since"] else None
    row = row_id(params["row"]) if params["row"] else None
    return ItemFilter(**{name: params[name] for name in _EQUAL}, row=row, since=since)


def _selection(context: Mapping[str, Any]) -> str:
    """Return the name of the run's choice in staging."""
    return f"retry-{uuid.uuid5(_NAMESPACE, owner_of(context['dag_run']))}"


def _actor(context: Mapping[str, Any]) -> str:
    """Name the run, who triggered it, and who approved the release."""
    run = context["dag_run"]
    names = [owner_of(run)]
    if who := getattr(run, "triggering_user_name", None):
        names.append(f"triggered by {who}")
    answer = context["task_instance"].xcom_pull(task_ids=APPROVE) or {}
    if user := answer.get("responded_by_user"):
        names.append(f"approved by {user['name']}")
    return ", ".join(names)


def _causes(items: Sequence[QuarantineRow]) -> list[str]:
    """Name the most frequent causes, without values."""
    from leadsync.review.documents import cause_text
    from leadsync.state.item_filter import EVERYTHING, causes_of

    return [cause_text(cause) for cause in causes_of(items, EVERYTHING)[:SHOWN_CAUSES]]


def _tell(items: Sequence[QuarantineRow]) -> Summary:
    from leadsync.review.documents import retried_document

    counts = Counter(item["status"] for item in items)
    documents = [retried_document(item) for item in items[:SHOWN_ITEMS]]
    told = ", ".join(f"{status} {number}" for status, number in sorted(counts.items()))
    log.info("Tried %d rows: %s.", len(items), told or "none was left")
    for one in documents:
        record = f"person {one['marketo_id']}, {one['table']} {one['dynamics_id']}"
        log.info("%s, %s: %s.", one["id"], record, ", ".join(filter(None, _ends(one))))
    return {"counts": dict(sorted(counts.items())), "items": documents}


def _ends(document: Mapping[str, Any]) -> tuple[str, str]:
    return document["status"], document["rules"]
