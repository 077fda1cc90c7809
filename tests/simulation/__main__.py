"""`make sim`: random schedules on all cores, each with all oracles at its end.

A failing seed is replayed exactly and made smaller; the story of the smallest schedule that still
fails is printed. Exits with 1 when a schedule failed.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from simulation.judged import Failure, failures_of, smallest

SCHEDULES = 5000
BUNDLE = 50
MOST_STORIES = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a bundle of schedules, and the CPU seconds that it took."""

    schedules: int
    failures: list[Failure]
    seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Run the schedules; returns the exit code."""
    options = _options(arguments)
    seeds = range(options.seed, options.seed + options.n)
    bundles = [seeds[start : start + BUNDLE] for start in range(0, len(seeds), BUNDLE)]
    started, computed = time.monotonic(), 0.0
    done, failures = 0, list[Failure]()
    with ProcessPoolExecutor(options.processes) as pool:
        for judged in pool.map(judge_bundle, bundles):
            done += judged.schedules
            computed += judged.seconds
            failures.extend(judged.failures)
            rates = 60 * done / (time.monotonic() - started), 60 * done / computed
            _show_progress(done, len(failures), *rates, options.processes)
            if len(failures) >= MOST_STORIES:
                pool.shutdown(cancel_futures=True)
                break
    _say("")
    for failure in failures[:MOST_STORIES]:
        tell(smallest(failure))
    return int(bool(failures))


def judge_bundle(seeds: Sequence[int]) -> Judged:
    """Play the schedules of ``seeds``."""
    logging.getLogger("leadsync").setLevel(logging.ERROR)  # a fault's warning is no news here
    started = time.process_time()
    failures = list(failures_of(seeds))
    return Judged(len(seeds), failures, time.process_time() - started)


def tell(failure: Failure) -> None:
    """Print a failure, its story, and how to see it again."""
    seed = failure.schedule.seed
    _say(f"\n{failure.story}\n\nseed {seed} fails: {failure.reason}")
    _say(f"replay: make sim SEED={seed} N=1")


def _show_progress(done: int, failed: int, by_clock: float, by_cpu: float, processes: int) -> None:
    speed = f"{by_clock:.0f} a minute on {processes} processes, {by_cpu:.0f} a CPU minute"
    sys.stdout.write(f"\r{done} schedules, {failed} failed, {speed}")
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
