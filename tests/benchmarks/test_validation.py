"""The benchmark of the rules' split: all three checks name the same cells."""

from __future__ import annotations

import json

import pytest
from benchmarks.checked_rows import rows, rules
from benchmarks.hand_written import with_pandas
from benchmarks.validation import MOST_RATIO, Timing, main

from leadsync.validation.plain import check_plain


def test_it_is_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--rows", "300", "--repeat", "1", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [one["failing"] for one in found["timings"]] == [0.01, 0.7]
    assert all(one["rules"] == 40 for one in found["timings"])
    assert found["timings"][1]["cells"] > found["timings"][0]["cells"] > 0


def test_hand_written_pandas_agrees_with_the_plain_check() -> None:
    frame = rows(200, 0.7)
    cells = {
        name: frame[name].astype(object).where(frame[name].notna(), None).tolist()
        for name in frame.columns
    }
    expected: dict[str, list[int]] = {}
    for one in check_plain(cells, rules()):
        expected.setdefault(one.rule.key, []).append(one.position)
    assert {key: list(found) for key, found in with_pandas(frame).items() if found} == expected
    assert len(frame.columns) == 30


def test_the_ratio_is_judged() -> None:
    timing = Timing(0.01, 1, 40, great_expectations=1.0, pandas=0.25, pandera=0.5)
    assert timing.ratio == 4.0 <= MOST_RATIO
