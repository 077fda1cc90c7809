"""Engines that match, date or make records in the wrong way; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from leadsync.cycle.decide import decide
from leadsync.cycle.extract import extract_marketo
from leadsync.cycle.load import load_rows
from leadsync.merge import matching, matching_persons
from simulation.mutants import changed, found_by
from simulation.mutants_of_aims import MUTANTS

__all__ = ["MUTANTS"]


@found_by("matching")
def leads_match_before_contacts() -> Iterator[None]:
    real = matching.match

    def match(candidates: Any, *args: Any, **kwargs: Any) -> Any:
        swapped = {"lead": "contact", "contact": "lead"}
        rows = [replace(one, table=swapped[one.table]) for one in candidates]
        return real(rows, *args, **kwargs)

    with patch("leadsync.cycle.match.match_rows.match", match):
        yield


@found_by("matching")
def address_of_a_new_row_not_noted() -> Iterator[None]:
    real = matching._by_email

    def by_email(candidate: Any, emails: Any, taken: Any, _claimed: Any) -> Any:
        return real(candidate, emails, taken, {})

    with patch.object(matching, "_by_email", by_email):
        yield


@found_by("matching")
def stored_id_of_a_taken_person_counts() -> Iterator[None]:
    real = matching._by_stored_id

    def by_stored_id(candidate: Any, by_id: Any, own: Any, _taken: Any) -> Any:
        return real(candidate, by_id, own, {})

    with patch.object(matching, "_by_stored_id", by_stored_id):
        yield


@found_by("matching")
def stored_id_of_a_person_ignored() -> Iterator[None]:
    with patch.object(matching, "_by_stored_id", lambda *_: None):
        yield


@found_by("matching")
def persons_get_leads_before_contacts() -> Iterator[None]:
    real = matching_persons.match_persons
    swapped = {"lead": "contact", "contact": "lead"}

    def match_persons(seekers: Any, rows: Any, taken: Any) -> Any:
        found = {row.dynamics_id: row for row in rows}
        turned = [replace(row, table=swapped[row.table]) for row in found.values()]
        verdicts = real(seekers, turned, taken)
        return {
            person: replace(verdict, row=verdict.row and found[verdict.row.dynamics_id])
            for person, verdict in verdicts.items()
        }

    with patch("leadsync.cycle.match.match_persons.match_persons", match_persons):
        yield


@found_by("matching")
def address_of_a_person_asked_for_not_noted() -> Iterator[None]:
    real = matching_persons._by_email

    def by_email(seeker: Any, rows: Any, owners: Any, _claimed: Any) -> Any:
        return real(seeker, rows, owners, {})

    with patch.object(matching_persons, "_by_email", by_email):
        yield


@found_by("matching")
def clash_without_a_base_told_as_a_collision() -> Iterator[None]:
    def told(decision: Any) -> Any:
        return replace(decision, collision=decision.collision | decision.no_base)

    with changed(decide, "three_way", told):
        yield


@found_by("rules")
def first_change_of_a_person_dates_it() -> Iterator[None]:
    real = extract_marketo._last_change

    with patch.object(extract_marketo, "_last_change", lambda found: real(found[:1])):
        yield


@found_by("doubtful creates")
def row_made_with_nulls() -> Iterator[None]:
    def filled(write: Any) -> Any:
        return replace(write, body={"jobtitle": None, **write.body})

    with changed(load_rows.RowLoad, "_row_write", filled):
        yield
