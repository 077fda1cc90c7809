"""Engines that are wrong about whole records; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from leadsync.cycle import commit, merge_and_validate
from leadsync.cycle.carried import Unfinished
from leadsync.cycle.decide import check
from leadsync.cycle.extract import extract_marketo
from leadsync.cycle.extract.seen_persons import see_persons
from leadsync.cycle.load import load_dynamics, load_marketo, stamp_persons
from leadsync.cycle.match import match_rows
from leadsync.model import MARKETO_DYNAMICS_TYPE, Json
from leadsync.state.memory_leases import MemoryLeases
from simulation.mutants import changed, found_by, mutant
from simulation.mutants_of_activities import MUTANTS

__all__ = ["MUTANTS"]


@mutant
def lease_ignored() -> Iterator[None]:
    real = MemoryLeases.acquire

    def acquire(self: MemoryLeases, name: str, *args: Any, **kwargs: Any) -> Any:
        self._leases.pop(name, None)
        return real(self, name, *args, **kwargs)

    with patch.object(MemoryLeases, "acquire", acquire):
        yield


@mutant
def deleted_persons_never_heard_of() -> Iterator[None]:
    def deaf(engine: Any, cycle: Any, plan: Any, feeds: Any) -> Any:
        feeds.deletes = []
        return see_persons(engine, cycle, plan, feeds)

    with patch.object(extract_marketo, "see_persons", deaf):
        yield


@mutant
def released_rows_never_tried_again() -> Iterator[None]:
    with patch.object(Unfinished, "due_items", lambda *_: []):
        yield


@mutant
def siblings_of_a_bad_row_held_back() -> Iterator[None]:
    real = check._sort

    def sort(proposals: Any, result: Any, checked: Any) -> None:
        real(proposals, result, checked)
        if result.held_records:
            checked.accepted.clear()

    with patch.object(check, "_sort", sort):
        yield


@found_by("consent")
def stops_wait_for_their_record() -> Iterator[None]:
    with patch.object(merge_and_validate, "let_stops_through", lambda *_: None):
        yield


@mutant
def restored_row_made_anew() -> Iterator[None]:
    with (
        patch.object(match_rows, "_former_links", lambda *_: {}),
        patch.object(match_rows, "_find_persons", lambda *_: []),
    ):
        yield


@mutant
def contact_stamped_as_lead() -> Iterator[None]:
    def as_lead(fields: Any) -> Any:
        return {**fields, MARKETO_DYNAMICS_TYPE: "Lead"}

    with (
        changed(load_marketo, "own_fields", as_lead),
        changed(stamp_persons, "own_fields", as_lead),
    ):
        yield


@mutant
def collisions_not_journalled() -> Iterator[None]:
    with (
        patch.object(load_dynamics, "journal_of", lambda *_: []),
        patch.object(load_marketo, "journal_of", lambda *_: []),
    ):
        yield


@mutant
def writes_reported_as_unchanged() -> Iterator[None]:
    def told(report: Json) -> Json:
        for tables in report["counts"].values():
            for counts in tables.values():
                counts["unchanged"] += counts["applied"]
                counts["applied"] = counts["created"] = counts["updated"] = 0
        return report

    with changed(commit, "build_report", told):
        yield
