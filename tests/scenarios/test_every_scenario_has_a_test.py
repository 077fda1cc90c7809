"""Every scenario S001 to S125 and F01 to F20 of semantics.md is a test that names it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
SCENARIOS = {f"s{n:03d}" for n in range(1, 126)} | {f"f{n:02d}" for n in range(1, 21)}
_TEST = re.compile(r"^def test_((?:s\d{3}_|f\d\d_)+)", re.MULTILINE)
_NUMBER = re.compile(r"s\d{3}|f\d\d")


def named() -> set[str]:
    """Return the scenarios that the names of tests begin with."""
    texts = (path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    prefixes = (prefix for text in texts for prefix in _TEST.findall(text))
    return {number for prefix in prefixes for number in _NUMBER.findall(prefix)}


def test_every_scenario_has_a_test() -> None:
    missing = sorted(SCENARIOS - named())
    assert not missing, f"no test is named after {', '.join(missing)}"


def test_no_test_names_a_scenario_that_does_not_exist() -> None:
    assert named() <= SCENARIOS
