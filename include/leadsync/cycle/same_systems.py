"""Refuses to work when a connection leads to other records than those that the store remembers.

A state store holds ids. Those of one organisation mean nothing in another: links would seem to be
deleted, and creates would go to people who have a row already. So the store is bound to the first
systems that it is used with.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from leadsync.connections import DYNAMICS, MARKETO
from leadsync.errors import ConfigurationError
from leadsync.model import System
from leadsync.state.binding_book import BindingRow
from leadsync.state.port import StateStore

CONNECTIONS: dict[System, str] = {"marketo": MARKETO, "dynamics": DYNAMICS}
_REMEDY = (
    "Point the connection back, or give leadsync a state store of its own for the new system "
    "(connection leadsync_db). Only if it holds the same records under the same ids, such as a "
    "restored or copied organisation, run `leadsync rebind`; docs/runbook.md tells more."
)


class Instance(Protocol):
    """What is asked of Marketo: no call."""

    instance: str
    address: str


class Organisation(Protocol):
    """What is asked of Dynamics."""

    address: str

    def organisation(self) -> str:
        """Return the organisation's id; 1 call."""
        ...


def require_same_systems(
    store: StateStore,
    marketo: Instance,
    dynamics: Organisation,
    now: datetime,
    *,
    trusted_seconds: float,
    remember: bool = True,
) -> None:
    """Bind the store to the systems, or see that they are those to which it is bound.

    Dynamics is asked who it is when its address is another one than before, and again every
    ``trusted_seconds``, because an organisation can be replaced behind its address.

    :param remember: whether the store may be written.
    :raises ConfigurationError: a connection leads to another system; names both.
    """
    bound = store.bindings.all()
    found = [_row("marketo", marketo.instance, marketo.address, now)]
    if not _is_trusted(bound.get("dynamics"), dynamics.address, now, trusted_seconds):
        found.append(_row("dynamics", dynamics.organisation(), dynamics.address, now))
    for row in found:
        before = bound.get(row["system"])
        if before and before["identity"] != row["identity"] and _remembers_records(store):
            raise _refusal(before, row)
    for row in found if remember else ():
        if row["system"] == "dynamics" or _place(bound.get(row["system"])) != _place(row):
            store.bindings.bind(row)


def rebind(
    store: StateStore, marketo: Instance, dynamics: Organisation, now: datetime
) -> list[BindingRow]:
    """Bind the store to the systems as they are, whatever it was bound to; returns the bindings."""
    rows = [
        _row("marketo", marketo.instance, marketo.address, now),
        _row("dynamics", dynamics.organisation(), dynamics.address, now),
    ]
    for row in rows:
        store.bindings.bind(row)
    return rows


def _row(system: System, identity: str, address: str, now: datetime) -> BindingRow:
    return BindingRow(system=system, identity=identity, address=address, checked_at=now)


def _is_trusted(before: BindingRow | None, address: str, now: datetime, seconds: float) -> bool:
    if before is None or before["address"] != address:
        return False
    return now - before["checked_at"] < timedelta(seconds=seconds)


def _place(row: BindingRow | None) -> tuple[str, str] | None:
    return (row["identity"], row["address"]) if row else None


def _remembers_records(store: StateStore) -> bool:
    """Tell whether anything would be lost: a store without links or cursors has seen nothing."""
    counts = store.counts()
    return bool(counts["links_lead"] or counts["links_contact"] or store.cursors())


def _refusal(before: BindingRow, now: BindingRow) -> ConfigurationError:
    return ConfigurationError(
        f"The connection {CONNECTIONS[now['system']]} leads to {now['identity']} at "
        f"{now['address']}, but this state store holds the links of {before['identity']}, last "
        f"found at {before['address']}. Nothing was written.",
        remedy=_REMEDY,
    )


__all__ = ["rebind", "require_same_systems"]
