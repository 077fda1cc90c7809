"""The commit reads each frame of the loads once: on object storage every read costs a call."""

from __future__ import annotations

from collections import Counter

import pytest

from leadsync.cycle import commit
from leadsync.cycle.context import Cycle, Engine
from leadsync.frames import Rows
from leadsync.model import Json
from support.world import World

ONCE = {
    "outcomes",
    "links",
    *(f"{side}_{frame}" for side in ("marketo", "dynamics") for frame in ("writes", "results")),
    *(f"extract_{side}" for side in ("marketo", "dynamics")),
}


def test_the_commit_reads_what_other_stages_left_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    person, row_id = world.linked()
    world.marketo.edit(person, title="Head of Sales")
    world.dynamics.edit("lead", row_id, telephone1="+1 555 0100")
    reads: Counter[str] = Counter()
    real = commit.quarantine_and_commit
    staging = world.staging
    read_rows, read_document = staging.read_rows, staging.read_document

    def counted_rows(cycle_id: str, name: str) -> Rows:
        reads[name] += 1
        return read_rows(cycle_id, name)

    def counted_document(cycle_id: str, name: str) -> Json | None:
        reads[name] += 1
        return read_document(cycle_id, name)

    def watched(engine: Engine, cycle: Cycle) -> Json:
        with monkeypatch.context() as patched:
            patched.setattr(staging, "read_rows", counted_rows)
            patched.setattr(staging, "read_document", counted_document)
            return real(engine, cycle)

    monkeypatch.setattr(commit, "quarantine_and_commit", watched)
    world.cycle()
    assert world.writes == 2
    assert {name: reads[name] for name in ONCE} == dict.fromkeys(ONCE, 1)
