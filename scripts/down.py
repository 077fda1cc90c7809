"""`make down`: stop Airflow and the sandbox of this checkout, also after a crash."""

from __future__ import annotations

import sys

from leadsync_sandbox import manage
from scripts.airflow_env import ROOT
from scripts.processes import stop_marked
from scripts.sandbox_stack import FOLDER


def main() -> int:
    """Stop everything; running it when nothing runs is fine."""
    manage.down(FOLDER)
    stopped = stop_marked(ROOT)
    told = f"Stopped {stopped} processes." if stopped else "Nothing was running."
    print(f"{told} Data stays in data/; remove that folder to start afresh.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
