"""What the load stages of a cycle had to write, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadsync.cycle.carried import person_key
from leadsync.cycle.context import Cycle, Engine
from leadsync.model import SYSTEMS, Json, System
from leadsync.state.port import Values

Writes = list[tuple[Json, Values]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The frames of both load stages, each read once.

    :param writes: ``WRITES`` records with the values to write, by system.
    :param results: what became of the writes, by system.
    :ivar applied: the writes that went through, by system.
    :ivar unlinked: keys of persons whose link could not be made: nothing of theirs is held.
    """

    writes: Mapping[System, Writes]
    results: Mapping[System, list[Json]]
    applied: Mapping[System, Writes] = field(init=False)
    unlinked: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        applied = {side: self._applied(side) for side in SYSTEMS}
        object.__setattr__(self, "applied", applied)
        linked = {write["record_key"] for write, _ in applied["marketo"]}
        unlinked = frozenset(
            person_key(write["marketo_id"])
            for write, _ in self.writes["marketo"]
            if write["operation"] == "link" and write["record_key"] not in linked
        )
        object.__setattr__(self, "unlinked", unlinked)

    def _applied(self, side: System) -> Writes:
        keys = {row["record_key"] for row in self.results[side] if row["state"] == "applied"}
        return [pair for pair in self.writes[side] if pair[0]["record_key"] in keys]


def read_loaded(engine: Engine, cycle: Cycle) -> Loaded:
    """Read what the load stages have left in staging."""
    staging, cycle_id = engine.staging, cycle.cycle_id
    return Loaded(
        writes={side: staging.read_rows(cycle_id, f"{side}_writes").pairs() for side in SYSTEMS},
        results={side: staging.read_rows(cycle_id, f"{side}_results").records for side in SYSTEMS},
    )
