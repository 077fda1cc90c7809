"""Engines that are wrong about merges of persons in Marketo; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from leadsync.cycle.carried import person_key
from leadsync.cycle.extract import seen_persons
from leadsync.cycle.gather import complete_pairs, gather, merged_persons
from leadsync.cycle.gather.merged_persons import MergedPersons
from leadsync.cycle.gather.succeeded_rows import SucceededRows
from leadsync.cycle.work import event
from leadsync.merge.pairs import Pair
from leadsync.model import Json
from leadsync.state.port import LinkRow
from simulation.mutants import changed, found_by
from simulation.mutants_of_progress import MUTANTS

__all__ = ["MUTANTS"]


@found_by("person_merges")
def merged_person_treated_as_deleted() -> Iterator[None]:
    with (
        patch.object(seen_persons, "_survivors", lambda *_: {}),
        patch.object(gather, "may_be_merged", lambda *_: False),
        patch.object(complete_pairs, "may_be_merged", lambda *_: False),
    ):
        yield


@found_by("person_merges")
def merges_never_heard_of() -> Iterator[None]:
    with patch.object(seen_persons, "_survivors", lambda *_: {}):
        yield


@found_by("person_merges")
def link_of_a_merged_person_left_behind() -> Iterator[None]:
    def follow(self: MergedPersons, person: Json) -> None:
        key = person_key(person["marketo_id"])
        self.work.settle(key, "to_dynamics", person, "out_of_scope", "merged")

    with patch.object(MergedPersons, "follow", follow):
        yield


@found_by("person_merges")
def winner_of_a_merge_takes_the_losers_row() -> Iterator[None]:
    real = MergedPersons.follow

    def follow(self: MergedPersons, person: Json) -> None:
        own = self.links.by_person.get(person["merged_into"])
        link = self.links.by_person.get(person["marketo_id"])
        if own is None or link is None:
            real(self, person)
            return
        self._end(own, link, person["marketo_id"], person["merged_into"])
        self._inherit(link, person["merged_into"])

    with patch.object(MergedPersons, "follow", follow):
        yield


@found_by("person_merges")
def contact_does_not_beat_a_lead() -> Iterator[None]:
    real = MergedPersons.follow

    def follow(self: MergedPersons, person: Json) -> None:
        link = self.links.by_person.get(person["marketo_id"])
        if link is not None and person["merged_into"] in self.links.by_person:
            own = self.links.by_person[person["merged_into"]]
            self._end(link, own, person["marketo_id"], person["merged_into"])
        real(self, person)

    with patch.object(MergedPersons, "follow", follow):
        yield


@found_by("person_merges")
def row_of_a_merged_person_matched_anew() -> Iterator[None]:
    with (
        patch.object(gather, "stays_reported", lambda *_, **__: None),
        patch.object(merged_persons, "report", lambda *_: None),
    ):
        yield


@found_by("person_merges")
def row_of_a_merged_person_not_reported() -> Iterator[None]:
    def settled(work: Any, link: LinkRow, *_: object) -> None:
        key = f"to_marketo:{link['dynamics_table']}:{link['dynamics_id']}"
        work.settle(key, "to_marketo", link, "out_of_scope", "merged")

    with patch.object(merged_persons, "report", settled):
        yield


@found_by("person_merges")
def row_of_a_merged_person_closed_against_policy() -> Iterator[None]:
    real = MergedPersons._end

    def end(self: MergedPersons, *args: Any) -> None:
        policies = replace(self.plan.policies, on_marketo_merge="deactivate")
        real(replace(self, plan=replace(self.plan, policies=policies)), *args)

    with patch.object(MergedPersons, "_end", end):
        yield


@found_by("person_merges")
def what_a_winner_was_filled_with_not_read() -> Iterator[None]:
    real = seen_persons._survivors

    def linked_losers(engine: Any, feeds: Any, seen: set[int]) -> dict[int, int]:
        found = real(engine, feeds, seen)
        linked = {link["marketo_id"] for link in engine.store.links_of_persons(sorted(found))}
        return {loser: heir for loser, heir in found.items() if loser in linked | seen}

    with patch.object(seen_persons, "_survivors", linked_losers):
        yield


@found_by("person_merges")
def base_forgotten_when_a_person_takes_over_a_row() -> Iterator[None]:
    def inherit(self: MergedPersons, link: LinkRow, survivor: int) -> None:
        cycle = self.cycle
        moved: LinkRow = {**link, "marketo_id": survivor}
        self.links.close(link)
        self.links.keep(moved)
        self.work.links[moved["link_id"]] = moved
        self.work.journal.append(event(cycle.cycle_id, cycle.opened_at, "linked", moved))
        self.work.pairs[moved["link_id"]] = Pair(moved, moved=True, is_new=True)

    with patch.object(MergedPersons, "_inherit", inherit):
        yield


@found_by("person_merges")
def loser_of_a_merge_taken_for_the_winner() -> Iterator[None]:
    def turned_round(found: Mapping[int, int]) -> dict[int, int]:
        return {heir: loser for loser, heir in found.items()}

    with changed(seen_persons, "survivors_of", turned_round):
        yield


@found_by("person_merges")
def both_rows_of_a_merge_kept() -> Iterator[None]:
    real = MergedPersons.follow

    def follow(self: MergedPersons, person: Json) -> None:
        own = self.links.by_person.pop(person["merged_into"], None)
        real(self, person)
        if own is not None:
            self.links.by_row[own["dynamics_id"]] = own

    with patch.object(MergedPersons, "follow", follow):
        yield


@found_by("person_merges")
def qualified_lead_counts_as_a_lead_in_a_merge() -> Iterator[None]:
    real = SucceededRows.follow

    def follow(self: SucceededRows, *, merged: bool) -> None:
        if merged:  # after the merges
            real(self, merged=False)
            real(self, merged=True)

    with patch.object(SucceededRows, "follow", follow):
        yield
