"""Run seeds from the command line: ``python tests/simulation/run.py --seeds 0:500``."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "include")]


def main() -> int:
    """Run the seeds; returns 1 when one fails."""
    from simulation.schedule import Run

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:200", help="one seed, or first:behind-the-last")
    parser.add_argument("--quiet", action="store_true", help="one line per failing seed")
    given = parser.parse_args()
    first, _, last = given.seeds.partition(":")
    seeds = range(int(first), int(last or int(first) + 1))
    failed = 0
    started = time.monotonic()
    for seed in seeds:
        try:
            Run(seed).play()
        except Exception as error:
            failed += 1
            sys.stdout.write(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}\n")
            if not given.quiet:
                traceback.print_exception(error)
    sys.stdout.write(f"{len(seeds)} seeds, {failed} failed, {time.monotonic() - started:.0f} s\n")
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
