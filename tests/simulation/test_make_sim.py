"""The command behind `make sim` works as `make` runs it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_command_of_make_sim_plays_schedules_and_states_its_rate() -> None:
    asked = ["make", "--dry-run", "--silent", "sim", "N=3", "SEED=7"]
    printed = subprocess.run(asked, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    command = printed.stdout.strip().splitlines()[-1]
    assert {"--n", "3", "--seed", "7"} <= {*shlex.split(command)}
    played = subprocess.run(
        ["sh", "-c", f"{command} --processes 1"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert "3 schedules, 0 failed" in played.stdout
    assert "a CPU minute" in played.stdout
