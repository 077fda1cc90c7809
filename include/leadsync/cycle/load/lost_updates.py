"""Our own writes whose answer was lost: what they left is no user's change (P3, S036).

Such a write is found equal on both sides by the next cycle, and only the base moves. When a user
has changed the other side since, the value that we wrote would look like a change against the base
and could win over the user's. The intents tell what was sent, also to a row whose person was merged
since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from leadsync.cycle.consent.shared_address import STOP, UNSUBSCRIBED
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.model import TABLES
from leadsync.state.port import IntentRow, StateChanges, Values
from leadsync.values.marks import ABSENT

#: kinds of cycles that take up whatever is unfinished.
_READING = ("scheduled", "manual")
#: cycles among which the last one of those is looked for, and the last one before a pair was out of
#: scope.
LATEST_CYCLES, MOST_CYCLES = 20, 2000


def settle_lost_updates(engine: Engine, cycle: Cycle, plan: SyncPlan, work: Work) -> None:
    """Let the values that unanswered writes have left be the base of their pairs.

    It is stored at once: what this cycle writes instead may be held.
    """
    differing = [
        pair
        for pair in work.pairs.values()
        if pair.marketo is not None and pair.dynamics is not None and _differs(pair, plan)
    ]
    by_person = {pair.link["marketo_id"]: pair for pair in differing}
    taken_over = {pair.link["dynamics_id"]: pair for pair in differing if pair.moved}
    intents = (
        engine.store.unanswered_updates(sorted(by_person), sorted(taken_over)) if by_person else []
    )
    readings = _readings(engine, differing) if intents else []
    undoing = _of_undo(engine, intents)
    found: dict[str, Values] = {}
    for intent in intents:
        pair = by_person.get(intent["marketo_id"] or 0)
        pair = pair or taken_over[intent["dynamics_id"] or ""]
        if intent["cycle_id"] not in undoing and _is_unsettled(intent, pair, readings):
            left = _left_by(intent, pair)
            pair.base.update(left)
            found.setdefault(pair.link["link_id"], {}).update(left)
    _store(engine, cycle, found, by_person, taken_over)


def _of_undo(engine: Engine, intents: Iterable[IntentRow]) -> set[str]:
    """Return the cycles that take back others: what they have sent to one side must win.

    With the sent value as base, the value that is taken back would look like the other side's
    change, and return.
    """
    cycles = {intent["cycle_id"] for intent in intents}
    records = (engine.store.cycle(cycle_id) for cycle_id in cycles)
    return {record.cycle_id for record in records if record and record.kind == "undo"}


def _differs(pair: Pair, plan: SyncPlan) -> bool:
    """Tell whether the sides differ, so that one of them may have left the base."""
    marketo, dynamics = pair.marketo or {}, pair.dynamics or {}
    return any(marketo.get(name, ABSENT) != dynamics.get(name, ABSENT) for name in plan.names)


def _readings(engine: Engine, pairs: Iterable[Pair]) -> list[datetime]:
    """Return when finished cycles began that took up what earlier ones had left, newest first.

    :param pairs: some may have been out of scope for long, and no cycle has looked at them since.
    """
    limit = MOST_CYCLES if any(pair.stopped_at for pair in pairs) else LATEST_CYCLES
    finished = engine.store.cycles(limit, status="done")
    return [cycle.opened_at for cycle in finished if cycle.kind in _READING]


def _is_unsettled(intent: IntentRow, pair: Pair, readings: Iterable[datetime]) -> bool:
    """Tell whether no finished cycle has looked at the pair since the write was sent.

    What was unanswered before that is settled; users may have entered its values since.
    """
    stopped = pair.stopped_at
    since = next((at for at in readings if stopped is None or at < stopped), None)
    return since is None or intent["updated_at"] >= since


def _left_by(intent: IntentRow, pair: Pair) -> Values:
    """Return the values of an unanswered write that still stand where it was sent.

    An answered one to a row that was not linked yet adds what the new link does not know. A stop is
    not among them: it may be meant for both sides, and has others to tell (S108, S111).
    """
    if intent["side"] == "marketo" and intent["marketo_id"] != pair.link["marketo_id"]:
        return {}  # it went to the person that was merged
    current = pair.marketo if intent["side"] == "marketo" else pair.dynamics
    sent: Values = intent["body"]["values"]
    if intent["status"] == "unlinked":
        sent = {name: value for name, value in sent.items() if name not in pair.base}
    return {
        name: value
        for name, value in sent.items()
        if current is not None and current.get(name, ABSENT) == value
        if (name, value) != (UNSUBSCRIBED, STOP)
    }


def _store(
    engine: Engine,
    cycle: Cycle,
    found: Mapping[str, Values],
    persons: Iterable[int],
    rows: Mapping[str, Pair],
) -> None:
    """Store the base of links that are stored themselves."""
    if not found:
        return
    links = engine.store.links_of_persons(sorted(persons))
    for table in TABLES:
        taken_over = [i for i, pair in rows.items() if pair.link["dynamics_table"] == table]
        links = [*links, *engine.store.links_of_rows(table, taken_over)]
    stored = {link["link_id"] for link in links}
    base = {link_id: values for link_id, values in found.items() if values and link_id in stored}
    lease = held_lease(engine, cycle)
    if base and lease is not None:
        engine.store.apply(StateChanges(base=base), lease=lease)
