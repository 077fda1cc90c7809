"""Engines that are wrong about accounts and owners; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from leadsync.cycle import commit, merge_and_validate
from leadsync.cycle.extract import extract_dynamics
from leadsync.cycle.related import hold_waiting, relate, relations
from leadsync.cycle.related.related_values import RelatedSource
from leadsync.mapping.plan import FieldPlan
from leadsync.merge import pairs
from leadsync.state.port import RelatedRow, Values
from simulation.mutants import changed, found_by
from simulation.mutants_of_doubt import MUTANTS

__all__ = ["MUTANTS"]


@found_by("related")
def change_of_an_account_reaches_only_rows_in_the_feed() -> Iterator[None]:
    with patch.object(merge_and_validate, "add_people_of_changed", lambda *_: None):
        yield


@found_by("related")
def reparenting_ignored() -> Iterator[None]:
    real = relate._Giver._target

    def first_target(self: Any, person: Any, reference: Any) -> str | None:
        stored = self.stored.get((person.link_id, reference.column))
        return stored["target_id"] if stored else real(self, person, reference)

    with patch.object(relate._Giver, "_target", first_target):
        yield


@found_by("related")
def empty_lookup_clears_what_a_person_entered() -> Iterator[None]:
    def cleared(fields: Sequence[FieldPlan], _base: Values) -> Values:
        return {plan.name: plan.converter.from_dynamics(None) for plan in fields}

    with patch.object(relate, "_cleared", cleared):
        yield


@found_by("related")
def values_of_a_removed_account_always_kept() -> Iterator[None]:
    with patch.object(relate, "_cleared", lambda *_: {}):
        yield


@found_by("related")
def values_of_a_removed_account_always_cleared() -> Iterator[None]:
    real = relate._Giver._shown

    def shown(self: Any, *args: Any) -> Values:
        policies = replace(self.plan.policies, on_account_removed="clear")
        return real(replace(self, plan=replace(self.plan, policies=policies)), *args)

    with patch.object(relate._Giver, "_shown", shown):
        yield


@found_by("related")
def accounts_not_remembered() -> Iterator[None]:
    with patch.object(commit, "add_relations", lambda *_: None):
        yield


@found_by("related")
def row_that_waited_for_an_account_never_taken_up() -> Iterator[None]:
    with patch.object(extract_dynamics, "arrived", lambda *_: set()):
        yield


@found_by("related")
def rows_do_not_wait_for_their_accounts() -> Iterator[None]:
    with patch.object(merge_and_validate, "hold_waiting", lambda *_: None):
        yield


@found_by("related")
def disabled_owner_counts_as_none() -> Iterator[None]:
    def gone(row: RelatedRow) -> RelatedRow:
        return row if row["active"] else {**row, "fields": {}}

    with changed(RelatedSource, "row", gone):
        yield


@found_by("related")
def team_shows_nothing() -> Iterator[None]:
    with changed(RelatedSource, "_of_team", dict.fromkeys):
        yield


@found_by("related")
def account_given_to_rows_out_of_scope() -> Iterator[None]:
    real = relations._referring

    def in_scope(*args: Any) -> Iterator[Any]:
        return ({**link, "status": "open"} for link in real(*args))

    with patch.object(relations, "_referring", in_scope):
        yield


@found_by("related")
def account_given_to_the_first_of_its_people_alone() -> Iterator[None]:
    def one(found: Iterator[Any]) -> Iterator[Any]:
        return iter([*found][:1])

    with changed(relations, "_referring", one):
        yield


@found_by("related")
def what_a_person_shows_written_again_and_again() -> Iterator[None]:
    real = pairs.lay_out

    def lay_out(fields: Sequence[FieldPlan], found: Sequence[Any]) -> Any:
        sides = real(fields, found)
        for column, plan in enumerate(fields):
            if plan.via is not None:
                sides.base[:, column] = None
        return sides

    with patch("leadsync.cycle.decide.decide.lay_out", lay_out):
        yield


@found_by("related")
def rows_wait_for_their_accounts_for_ever() -> Iterator[None]:
    with patch.object(hold_waiting, "_has_waited", lambda *_: False):
        yield


@found_by("related")
def rows_are_held_before_they_waited_for_their_accounts() -> Iterator[None]:
    with patch.object(hold_waiting, "_has_waited", lambda *_: True):
        yield
