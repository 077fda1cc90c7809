"""Our own writes whose answer was lost: what they left is no user's change (P3, S036).

Such a write is found equal on both sides by the next cycle, and only the base moves. When a user
has changed the other side since, the value that we wrote would look like a change against the base
and could win over the user's. The intents tell what was sent.
"""

from __future__ import annotations

from datetime import datetime

from leadsync.cycle.context import Engine
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.state.port import IntentRow, Values
from leadsync.values.marks import ABSENT

#: kinds of cycles that take up whatever is unfinished.
_READING = ("scheduled", "manual")


def settle_lost_updates(engine: Engine, plan: SyncPlan, work: Work) -> None:
    """Let the values that unanswered writes have left be the base of their pairs."""
    moved = {
        pair.link["marketo_id"]: pair
        for pair in work.pairs.values()
        if pair.marketo is not None and pair.dynamics is not None and _differs(pair, plan)
    }
    intents = engine.store.unanswered_updates(sorted(moved)) if moved else []
    since = _last_reading(engine) if intents else None
    for intent in intents:
        if since is None or intent["updated_at"] >= since:
            _take_as_base(intent, moved[intent["marketo_id"] or 0])


def _differs(pair: Pair, plan: SyncPlan) -> bool:
    """Tell whether the sides differ, so that one of them may have left the base."""
    marketo, dynamics = pair.marketo or {}, pair.dynamics or {}
    return any(marketo.get(name, ABSENT) != dynamics.get(name, ABSENT) for name in plan.names)


def _last_reading(engine: Engine) -> datetime | None:
    """Return when the last finished cycle began that took up what earlier ones had left.

    Writes that were unanswered before it are settled; users may have entered their values since.
    """
    finished = (c for c in engine.store.cycles() if c.status == "done" and c.kind in _READING)
    return next((cycle.opened_at for cycle in finished), None)


def _take_as_base(intent: IntentRow, pair: Pair) -> None:
    current = pair.marketo if intent["side"] == "marketo" else pair.dynamics
    sent: Values = intent["body"]["values"]
    for name, value in sent.items():
        if current is not None and current.get(name, ABSENT) == value:
            pair.base[name] = value
