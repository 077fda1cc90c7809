"""What the load stages of a cycle had to write, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from leadsync.cycle.carried import person_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.model import Json, System
from leadsync.state.port import Values

SYSTEMS: tuple[System, ...] = get_args(System)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The frames of both load stages, each read once.

    :param writes: ``WRITES`` records with the values to write, by system.
    :param results: what became of the writes, by system.
    """

    writes: Mapping[System, list[tuple[Json, Values]]]
    results: Mapping[System, list[Json]]

    def applied(self, side: System) -> list[tuple[Json, Values]]:
        """Return the writes that went through."""
        keys = {row["record_key"] for row in self.results[side] if row["state"] == "applied"}
        return [pair for pair in self.writes[side] if pair[0]["record_key"] in keys]

    def unlinked(self) -> set[str]:
        """Return the keys of persons whose link could not be made: nothing of theirs is held."""
        applied = {write["record_key"] for write, _ in self.applied("marketo")}
        return {
            person_key(write["marketo_id"])
            for write, _ in self.writes["marketo"]
            if write["operation"] == "link" and write["record_key"] not in applied
        }


def read_loaded(engine: Engine, cycle: Cycle) -> Loaded:
    """Read what the load stages have left in staging."""
    staging, cycle_id = engine.staging, cycle.cycle_id
    return Loaded(
        writes={side: staging.read_rows(cycle_id, f"{side}_writes").pairs() for side in SYSTEMS},
        results={side: staging.read_rows(cycle_id, f"{side}_results").records for side in SYSTEMS},
    )
