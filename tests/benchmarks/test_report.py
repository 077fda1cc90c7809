"""The benchmark passes only when every target is met."""

from __future__ import annotations

import json

import pytest
from benchmarks.process import Cost
from benchmarks.report import Measured, as_json, judge


def measured(
    *, marketo: float = 110, empty: float = 4, cpu: float = 14.9, peak: float = 999_999_999
) -> list[Measured]:
    def cycle(name: str, calls: float, fewest: int) -> Measured:
        one = {"marketo": {"change feed": int(calls)}, "dynamics": {"delta reads": 2}}
        least = {"marketo": {"change feed": fewest}, "dynamics": {"delta reads": 2}}
        return Measured(name, Cost(cpu, int(peak), 1.0), one, least)

    return [cycle("large", marketo, 100), cycle("empty", empty, 2)]


def test_targets_just_met() -> None:
    assert all(verdict.met for verdict in judge(measured()))


@pytest.mark.parametrize(
    "miss", [{"marketo": 111}, {"empty": 5}, {"cpu": 15.0}, {"peak": 1_000_000_000}]
)
def test_each_target_can_be_missed(miss: dict[str, float]) -> None:
    assert [verdict.met for verdict in judge(measured(**miss))].count(False) == 1


def test_the_json_holds_calls_costs_and_verdicts() -> None:
    cycles = measured()
    document = json.loads(json.dumps(as_json(100, cycles, judge(cycles))))
    assert document["cycles"]["large"]["calls"]["marketo"] == {"change feed": 110}
    assert len(document["verdicts"]) == 6
