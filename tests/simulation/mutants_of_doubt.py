"""Engines that forget what they may have written, or go on without lease; see ``mutants``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from leadsync.cycle import commit
from leadsync.cycle.consent import opt_out_lane
from leadsync.cycle.context import LEASE_NAME, Cycle
from leadsync.cycle.extract import extract_dynamics, seen_persons
from leadsync.cycle.gather import lost_creates
from leadsync.cycle.load import loading
from leadsync.cycle.match import match_rows
from leadsync.state.memory import MemoryStateStore
from leadsync.state.port import Lease, StateChanges
from simulation.mutants import found_by
from simulation.mutants_of_consent import MUTANTS

__all__ = ["MUTANTS"]


@found_by("meeting")
def edits_that_a_write_went_over_not_looked_for() -> Iterator[None]:
    with patch.object(seen_persons, "find_overwritten", lambda *_: {}):
        yield


@found_by("doubt")
def updates_without_an_answer_forgotten() -> Iterator[None]:
    with patch.object(MemoryStateStore, "unanswered_updates", lambda *_: []):
        yield


@found_by("doubtful creates")
def creates_without_an_answer_forgotten() -> Iterator[None]:
    with patch.object(match_rows, "_unconfirmed", lambda *_: {}):
        yield


@found_by("doubtful creates")
def rows_that_ended_after_a_lost_create_forgotten() -> Iterator[None]:
    with (
        patch.object(lost_creates, "_ended", lambda *_: {}),
        patch.object(extract_dynamics, "lost_creates", lambda *_: set()),
    ):
        yield


def _without_lease(owner: Any, where: Callable[[StateChanges], bool]) -> Iterator[None]:
    """Let a stage not look at its lease, and the writes to the store that ``where`` is true of."""
    real = MemoryStateStore.apply

    def apply(self: MemoryStateStore, changes: StateChanges, *, lease: Any) -> None:
        real(self, changes, lease=None if where(changes) else lease)

    def believed(_engine: Any, cycle: Cycle) -> Lease:
        return Lease(LEASE_NAME, cycle.lease_owner, cycle.lease_token or 0, cycle.opened_at)

    with (
        patch.object(MemoryStateStore, "apply", apply),
        patch.object(owner, "held_lease", believed),
    ):
        yield


@found_by("sleep")
def loads_store_without_their_lease() -> Iterator[None]:
    yield from _without_lease(loading, lambda changes: bool(changes.intents))


@found_by("sleep")
def commit_without_its_lease() -> Iterator[None]:
    def is_commit(changes: StateChanges) -> bool:
        return changes.cycle is not None and changes.cycle.status == "done"

    yield from _without_lease(commit, is_commit)


@found_by("meeting")
def deferred_write_counted_as_done() -> Iterator[None]:
    with patch.dict(loading._INTENT_STATUS, deferred="done"):
        yield


@found_by("refused")
def refused_stops_wait_for_their_record() -> Iterator[None]:
    with patch.object(opt_out_lane, "_stops_alone", lambda *_: []):
        yield
