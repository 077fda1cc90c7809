"""All that a cycle can bring about, as a value to compare (semantics.md 9, P6)."""

from __future__ import annotations

from typing import Any

from leadsync.model import SYSTEMS, TABLES
from support.world import World

Effects = dict[str, Any]


def effects(world: World) -> Effects:
    """Return what both systems and the store hold, but for leases, cursors and cycle records.

    A link learns the version of its row like a cursor: our own write comes back with it.
    """
    store = world.store
    links = [link for table in TABLES for link in store.live_links(table)]
    return {
        "people": {person: values.copy() for person, values in world.marketo.people.items()},
        "activities": len(world.marketo.log),
        "rows": {
            table: {row_id: row.copy() for row_id, row in world.dynamics.rows[table].items()}
            for table in TABLES
        },
        "links": [{**link, "etag": None} for link in links],
        "base": store.base_of([link["link_id"] for link in links]),
        "journal": store.journal(),
        "quarantine": store.quarantine(),
        "deferred": store.deferred(),
        "requests": store.requests(),
    }


def results(world: World, cycle_id: str) -> dict[str, list[tuple[str, str]]]:
    """Return what the loads of a cycle have told of every record, by system."""
    staging = world.staging
    told = {system: f"{system}_results" for system in SYSTEMS}
    return {
        system: sorted(
            (row["record_key"], row["state"]) for row in staging.read_rows(cycle_id, name).records
        )
        for system, name in told.items()
        if staging.has(cycle_id, name)
    }


def check_same(before: Effects, after: Effects, what: str) -> None:
    """P6: running ``what`` once more has changed nothing."""
    for name, value in before.items():
        assert value == after[name], f"P6: {what} again changed {name}: {value} {after[name]}"
