"""Release quarantined rows for another try, or discard them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from leadsync.clock import Clock
from leadsync.errors import ConfigurationError
from leadsync.review.history import event_of
from leadsync.state.item_filter import ItemFilter
from leadsync.state.port import QuarantineRow, StateChanges, StateStore
from leadsync.state.rows import WAITING
from leadsync.state.turn import turn

Decision = Literal["released", "discarded"]


def decide_items(
    store: StateStore,
    clock: Clock,
    ids: Sequence[str] | None,
    decision: Decision,
    actor: str,
    *,
    where: ItemFilter | None = None,
) -> list[QuarantineRow]:
    """Put waiting quarantine items into another status, and return them as they are then.

    It takes its turn with cycles, so that neither overwrites what the other stores (F11).

    :param ids: the items; ``None`` means all that wait and meet ``where``.
    :param actor: who decides, for the items' history and for whoever has to wait.
    :raises ConfigurationError: an id names nothing, or an item that no longer waits; nothing is
        changed.
    :raises LeaseHeldError: a cycle runs for longer than we wait.
    """
    with turn(store, clock, actor) as lease:
        items = waiting_items(store, ids, where)
        changed: list[QuarantineRow] = [{**item, "status": decision} for item in items]
        events = [event_of(item, decision, clock.now(), actor) for item in items]
        store.apply(StateChanges(quarantine=changed, quarantine_events=events), lease=lease)
    return changed


def waiting_items(
    store: StateStore, ids: Sequence[str] | None, where: ItemFilter | None = None
) -> list[QuarantineRow]:
    """Return waiting items: all that are named, or all that meet ``where``.

    :raises ConfigurationError: an id names nothing, or an item that no longer waits.
    """
    waiting = store.quarantine(statuses=WAITING, ids=ids, where=where)
    missing = sorted(set(ids or ()) - {item["id"] for item in waiting})
    if missing:
        raise ConfigurationError(
            f"No quarantine item waits under {', '.join(missing)}; nothing was changed.",
            remedy="Take ids of open items from `leadsync quarantine list`.",
        )
    return waiting
