"""Choice of seeds: ``python -m pytest tests/simulation --seed 17`` replays one run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--seed`` and ``--seeds``."""
    parser.addoption("--seed", type=int, default=None, help="replay this run of the simulation")
    parser.addoption("--seeds", type=int, default=None, help="number of runs of the simulation")
