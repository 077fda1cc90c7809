"""First loads between both systems in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from leadsync.cycle.initial.open_load import LoadRequest
from leadsync.cycle.initial.runner import run_initial
from leadsync.model import TABLES, Json
from support.world import World

PARTITIONS = 3
#: shortly before the clock of simulated worlds begins.
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def initial(world: World, **asked: Any) -> Json:
    """Run a first load a minute later, in three partitions unless told otherwise."""
    world.clock.advance(60)
    world.marketo.writes.clear()
    world.dynamics.writes.clear()
    return run_initial(world.engine, request(**asked))


def request(**asked: Any) -> LoadRequest:
    """Return what the tests ask for: few windows, where nobody tells when the first one begins."""
    return LoadRequest(**{"run_id": "test", "partitions": PARTITIONS, "since": SINCE, **asked})


def person(world: World, number: int = 1, **values: Any) -> int:
    """A person of Marketo."""
    return world.marketo.add(**{"lastName": "Ek", "email": f"p{number}@example.com", **values})


def row(world: World, number: int = 1, table: str = "lead", **values: Any) -> str:
    """A row of Dynamics."""
    fields = {"lastname": "Ek", "emailaddress1": f"p{number}@example.com", **values}
    return world.dynamics.add(table, **fields)


def open_links(world: World) -> set[tuple[int, str]]:
    """All live links."""
    return {
        (link["marketo_id"], link["dynamics_id"])
        for table in TABLES
        for link in world.store.live_links(table)
    }


def total(report: Json, direction: str, state: str) -> int:
    """One number of a report, over all tables."""
    return int(sum(numbers[state] for numbers in report["counts"][direction].values()))
