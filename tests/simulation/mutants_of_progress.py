"""Engines that do not go on as they should after a failure; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from leadsync.cycle import commit
from leadsync.cycle.decide import check
from leadsync.cycle.extract import extract_dynamics, feed, seen_persons
from leadsync.cycle.load import load_dynamics
from leadsync.cycle.quarantine.quarantine_commit import QuarantineKeeper
from leadsync.merge import matching
from leadsync.model import Activity
from simulation.mutants import changed, found_by, mutant
from simulation.mutants_of_history import MUTANTS

__all__ = ["MUTANTS"]


@mutant
def conflict_written_over_blindly() -> Iterator[None]:
    real = load_dynamics._send

    def send(dynamics: Any, group: Sequence[Any]) -> list[Any]:
        answers = real(dynamics, group)
        for position, write in enumerate(group):
            if answers[position].status == "conflict":
                forced = replace(load_dynamics._row_write(dynamics, write), etag=None)
                answers[position] = dynamics.engine.dynamics.write_rows([forced])[0]
        return answers

    with patch.object(load_dynamics, "_send", send):
        yield


@found_by("refusals")
def refused_row_counted_as_written() -> Iterator[None]:
    real = load_dynamics._record

    def record(dynamics: Any, group: Any, answers: Sequence[Any], *rest: Any) -> None:
        known = ("written", "conflict", "missing")
        told = [a if a.status in known else replace(a, status="written") for a in answers]
        real(dynamics, group, told, *rest)

    with patch.object(load_dynamics, "_record", record):
        yield


@mutant
def collisions_that_marketo_won_not_journalled() -> Iterator[None]:
    with patch.object(load_dynamics, "journal_of", lambda *_: []):
        yield


@mutant
def null_of_dynamics_read_as_absent() -> Iterator[None]:
    def without_nulls(values: Any) -> Any:
        return {name: value for name, value in values.items() if value is not None}

    with changed(extract_dynamics, "row_values", without_nulls):
        yield


@found_by("refusals")
def persons_in_line_not_taken_up() -> Iterator[None]:
    with patch.object(seen_persons, "due_persons", lambda *_: set()):
        yield


@mutant
def activities_processed_again() -> Iterator[None]:
    def all_of_them(_engine: Any, activities: Iterable[Activity]) -> list[Activity]:
        return list({activity.guid: activity for activity in activities}.values())

    with patch.object(feed, "unseen", all_of_them):
        yield


@mutant
def held_row_never_sent_again() -> Iterator[None]:
    with patch.object(check, "refused_before", lambda items, *_: next(iter(items), None)):
        yield


@mutant
def requests_never_answered() -> Iterator[None]:
    with patch.object(commit, "answered", lambda *_: []):
        yield


@mutant
def recovered_row_stays_in_quarantine() -> Iterator[None]:
    with patch.object(QuarantineKeeper, "_settle", lambda *_: None):
        yield


@mutant
def person_of_another_row_taken() -> Iterator[None]:
    real = matching._by_email

    def by_email(candidate: Any, found: Any, _taken: Any, claimed: Any) -> Any:
        return real(candidate, found, {}, claimed)

    with patch.object(matching, "_by_email", by_email):
        yield
