"""Engines that forget what waits, or that it has to wait; see ``simulation.mutants``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from leadsync.cycle.consent import consent, opt_out_spread
from leadsync.cycle.decide import decide
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.cycle.gather import complete_pairs
from leadsync.merge.claims import Ruling
from simulation.mutants import changed, found_by
from simulation.mutants_of_merges import MUTANTS

__all__ = ["MUTANTS"]


@found_by("held")
def row_closed_during_the_cycle_is_written() -> Iterator[None]:
    with patch.object(complete_pairs, "_has_just_closed", lambda *_: False):
        yield


@found_by("held")
def row_that_left_the_scope_during_the_cycle_is_written() -> Iterator[None]:
    def in_scope(rows: Any) -> Any:
        return {row_id: {**row, "new_synctomkto": None} for row_id, row in rows.items()}

    with changed(complete_pairs, "_read_rows", in_scope):
        yield


@found_by("waiting")
def what_waits_for_a_closed_row_is_forgotten() -> Iterator[None]:
    real = complete_pairs._lags

    def lags(compared: Any, pending: Any, pair: Any) -> bool:
        waits = pair.link["status"] == "inactive" and pair.row_extracted
        return not waits and real(compared, pending, pair)

    with patch.object(complete_pairs, "_lags", lags):
        yield


@found_by("addresses")
def new_person_with_a_marked_address_is_mailed() -> Iterator[None]:
    real = consent._marked_arrivals

    def arrivals(engine: Any, pairs: Any, _creations: Any) -> set[str]:
        return real(engine, pairs, ())

    with patch.object(consent, "_marked_arrivals", arrivals):
        yield


@found_by("addresses")
def stop_written_to_a_closed_row() -> Iterator[None]:
    real = decide._hold_inactive

    def hold(pairs: Any, decision: Any, rulings: Any) -> set[int]:
        return real(pairs, decision, {**rulings})

    with patch.object(decide, "_hold_inactive", hold):
        yield


@found_by("addresses")
def person_of_a_closed_row_is_mailed_at_a_marked_address() -> Iterator[None]:
    with patch.object(Ruling, "stops", False):
        yield


@found_by("late")
def part_of_a_feed_settled_after_its_first_page() -> Iterator[None]:
    def settled(cursor: FeedCursor, _read: Any) -> FeedCursor:
        return replace(cursor, stretches=cursor.stretches[1:])

    with patch.object(FeedCursor, "settled", settled):
        yield


@found_by("spread")
def stop_settled_before_everybody_is_told() -> Iterator[None]:
    with patch.object(opt_out_spread, "_wait_for_commit", lambda *_: None):
        yield
