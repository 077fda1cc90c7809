"""What people decide about quarantined rows: release them for another try, or discard them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from leadsync.clock import Clock
from leadsync.errors import ConfigurationError
from leadsync.state.port import QuarantineRow, StateChanges, StateStore
from leadsync.state.turn import turn

Decision = Literal["released", "discarded"]


def decide_items(
    store: StateStore, clock: Clock, ids: Sequence[str] | None, decision: Decision, owner: str
) -> list[QuarantineRow]:
    """Put waiting quarantine items into another status, and return them as they are then.

    It takes its turn with cycles, so that neither overwrites what the other stores (F11).

    :param ids: the items; ``None`` means all that wait.
    :raises ConfigurationError: an id names nothing, or an item that no longer waits; nothing is
        changed.
    :raises LeaseHeldError: a cycle runs for longer than we wait.
    """
    with turn(store, clock, owner) as lease:
        items = _waiting(store, ids)
        changed: list[QuarantineRow] = [{**item, "status": decision} for item in items]
        store.apply(StateChanges(quarantine=changed), lease=lease)
    return changed


def _waiting(store: StateStore, ids: Sequence[str] | None) -> list[QuarantineRow]:
    waiting = store.quarantine(statuses=("open", "released"), ids=ids)
    missing = sorted(set(ids or ()) - {item["id"] for item in waiting})
    if missing:
        raise ConfigurationError(
            f"No quarantine item waits under {', '.join(missing)}; nothing was changed.",
            remedy="Take ids of open items from `leadsync quarantine list`.",
        )
    return waiting
