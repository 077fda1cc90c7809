"""Engines that plan, guard and fill in the wrong way; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from leadsync.cycle import merge_and_validate, plan_report, stages
from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.decide import guards
from leadsync.cycle.gather import complete_pairs
from leadsync.cycle.load import load_rows
from leadsync.cycle.match import row_creations
from leadsync.model import Json
from leadsync.state.port import StateChanges
from simulation.mutants import changed, found_by
from simulation.mutants_of_related import MUTANTS

__all__ = ["MUTANTS"]


@found_by("plan")
def plan_moves_the_cursors() -> Iterator[None]:
    real = plan_report.build_plan_report

    def build(engine: Engine, cycle: Cycle) -> Json:
        read = engine.staging.read_document(cycle.cycle_id, "extract_dynamics") or {}
        engine.store.apply(StateChanges(cursors=read["cursors"]), lease=None)
        return real(engine, cycle)

    with patch.object(stages, "build_plan_report", build):
        yield


@found_by("plan")
def plan_counts_without_what_fails() -> Iterator[None]:
    def without(report: Json) -> Json:
        for tables in report["counts"].values():
            for counts in tables.values():
                counts["quarantined"] = 0
        return report

    with changed(stages, "build_plan_report", without):
        yield


@found_by("mass delete")
def deletions_never_guarded() -> Iterator[None]:
    with patch.object(merge_and_validate, "guard_mass_delete", lambda *_: None):
        yield


@found_by("mass delete")
def share_of_deletions_not_asked() -> Iterator[None]:
    real = guards._exceeded

    def exceeded(policies: Any, count: int, linked: int) -> str | None:
        return real(replace(policies, mass_delete_share=1.0), count, linked)

    with patch.object(guards, "_exceeded", exceeded):
        yield


@found_by("mass delete")
def number_of_deletions_not_asked() -> Iterator[None]:
    real = guards._exceeded

    def exceeded(policies: Any, count: int, linked: int) -> str | None:
        return real(replace(policies, mass_delete_count=10**9), count, linked)

    with patch.object(guards, "_exceeded", exceeded):
        yield


@found_by("mass delete")
def few_deletions_guarded() -> Iterator[None]:
    with patch.object(guards, "FEW_DELETIONS", 0):
        yield


@found_by("defaults")
def default_cleared_by_what_its_person_lacks() -> Iterator[None]:
    real = row_creations.born_values

    def born_values(table: Any, written: Any, _filled: Any) -> Any:
        return real(table, written, ())

    with patch.object(load_rows, "born_values", born_values):
        yield


@found_by("defaults")
def default_wins_over_a_name() -> Iterator[None]:
    with patch.object(complete_pairs, "_give_way", lambda *_: None):
        yield
