"""`make sim`: random schedules on all cores, each with all oracles at its end.

A failing seed is replayed exactly and made smaller; the story of the smallest schedule that still
fails is printed. Exits with 1 when a schedule failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from simulation.judged import Failure, judge_seed, smallest

#: about a minute's worth on one core.
SCHEDULES = 5000
BUNDLE = 50
MOST_STORIES = 3


def main(arguments: list[str] | None = None) -> int:
    """Run the schedules; returns the exit code."""
    options = _options(arguments)
    seeds = range(options.seed, options.seed + options.n)
    bundles = [seeds[start : start + BUNDLE] for start in range(0, len(seeds), BUNDLE)]
    started = time.monotonic()
    done, failures = 0, list[Failure]()
    with ProcessPoolExecutor(options.processes) as pool:
        for bundle, found in zip(bundles, pool.map(failing, bundles), strict=True):
            done += len(bundle)
            failures.extend(found)
            _show_progress(done, len(failures), time.monotonic() - started, options.processes)
            if len(failures) >= MOST_STORIES:
                pool.shutdown(cancel_futures=True)
                break
    _say("")
    for failure in failures[:MOST_STORIES]:
        tell(smallest(failure))
    return int(bool(failures))


def failing(seeds: Iterable[int]) -> list[Failure]:
    """Return the failures among ``seeds``."""
    return [failure for seed in seeds if (failure := judge_seed(seed)) is not None]


def tell(failure: Failure) -> None:
    """Print a failure, its story, and how to see it again."""
    seed = failure.schedule.seed
    _say(f"\n{failure.story}\n\nseed {seed} fails: {failure.reason}")
    _say(f"replay: make sim SEED={seed} N=1")


def _show_progress(done: int, failed: int, seconds: float, processes: int) -> None:
    rate = 60 * done / seconds
    text = f"{done} schedules, {failed} failed, {rate:.0f} a minute on {processes} processes"
    sys.stdout.write(f"\r{text}")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("--n", type=int, default=SCHEDULES, help="schedules to play")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first one")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
