"""Engines that tell persons' activity logs too much or too little; see ``simulation.mutants``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any
from unittest.mock import patch

from leadsync.cycle.activity_log import entries, queue, send
from leadsync.state.port import ActivityRow
from simulation.mutants import found_by
from simulation.mutants_of_rules import MUTANTS

__all__ = ["MUTANTS"]


@found_by("faults")
def doubtful_activities_not_looked_for() -> Iterator[None]:
    def send_again(sender: Any, rows: Sequence[ActivityRow], _types: object) -> bool:
        sender._store([queue.unsent(row) for row in rows])
        return True

    with patch.object(send._Sender, "_look_for", send_again):
        yield


@found_by("invalid")
def failures_told_in_every_cycle() -> Iterator[None]:
    numbers = itertools.count()
    with patch.object(entries, "_identity", lambda *_: str(next(numbers))):
        yield


@found_by("invalid")
def recoveries_not_told() -> Iterator[None]:
    real = entries.new_entries

    def failures_alone(*arguments: Any) -> list[ActivityRow]:
        return [row for row in real(*arguments) if row["kind"] == "failed"]

    with patch("leadsync.cycle.commit.new_entries", failures_alone):
        yield
