"""Our own writes whose answer was lost: what they left is no user's change (P3, S036).

Such a write is found equal on both sides by the next cycle, and only the base moves. When a user
has changed the other side since, the value that we wrote would look like a change against the base
and could win over the user's. The intents tell what was sent.
"""

from __future__ import annotations

from leadsync.cycle.context import Engine
from leadsync.cycle.work import Work
from leadsync.mapping.plan import SyncPlan
from leadsync.merge.pairs import Pair
from leadsync.state.port import IntentRow, Values
from leadsync.values.marks import ABSENT


def settle_lost_updates(engine: Engine, plan: SyncPlan, work: Work) -> None:
    """Let the values that unanswered writes have left be the base of their pairs."""
    moved = {
        pair.link["marketo_id"]: pair
        for pair in work.pairs.values()
        if pair.marketo is not None and pair.dynamics is not None and _clashes(pair, plan)
    }
    intents = engine.store.unanswered_updates(sorted(moved)) if moved else []
    for intent in intents:
        _take_as_base(intent, moved[intent["marketo_id"] or 0])


def _clashes(pair: Pair, plan: SyncPlan) -> bool:
    """Tell whether both sides left the base, with different values."""
    marketo, dynamics = pair.marketo or {}, pair.dynamics or {}
    return any(
        len({values.get(name, ABSENT) for values in (marketo, dynamics, pair.base)}) == 3
        for name in plan.names
    )


def _take_as_base(intent: IntentRow, pair: Pair) -> None:
    current = pair.marketo if intent["side"] == "marketo" else pair.dynamics
    sent: Values = intent["body"]["values"]
    for name, value in sent.items():
        if current is not None and current.get(name, ABSENT) == value:
            pair.base[name] = value
