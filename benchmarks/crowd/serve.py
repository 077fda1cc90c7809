"""Serves both systems with a crowd: ``python -m benchmarks.crowd.serve --people N ...``."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.crowd.behind import Behind
from benchmarks.crowd.dynamics import CrowdDynamics
from benchmarks.crowd.marketo import CrowdMarketo
from benchmarks.crowd.people import Crowd
from leadsync_sandbox.common.serving import serve_in_thread

#: all persons were made within so many days: three windows of the export.
SPAN = timedelta(days=90)


def main() -> None:
    """Print both addresses, and serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--since", type=datetime.fromisoformat, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="folder of exported files")
    parser.add_argument("--marketo", required=True, help="address of the stand-in behind")
    parser.add_argument("--dynamics", required=True, help="address of the stand-in behind")
    given = parser.parse_args()
    crowd = Crowd(given.people, given.since, SPAN)
    marketo = CrowdMarketo(crowd, Behind(given.marketo), given.folder)
    dynamics = CrowdDynamics(crowd, Behind(given.dynamics))
    with serve_in_thread(marketo.app()) as one, serve_in_thread(dynamics.app()) as other:
        print(one, other, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main()
