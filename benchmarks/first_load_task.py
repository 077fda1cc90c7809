"""One task of the first load in a process of its own, as Airflow runs it.

Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any

from leadsync.cycle.initial.extract_persons import extract_persons
from leadsync.cycle.initial.extract_rows import extract_rows, tables_of
from leadsync.cycle.initial.finish_load import finish_load
from leadsync.cycle.initial.first_load import FirstLoad
from leadsync.cycle.initial.open_load import LoadRequest, open_load, windows_of
from leadsync.cycle.initial.partition import load_partition
from leadsync.cycle.initial.partitions import partitions_of
from leadsync.cycle.plan.schemas import load_plan
from leadsync.engine import build_engine
from leadsync.marketo import bulk_extract

RUN = "benchmark"
STAGES = ("open", "persons", "rows", "divide", "partition", "finish")


def main() -> None:
    """Run the task that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--load", help="the load, as JSON")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("part", nargs="?", default="", help="of the stage, as JSON")
    given = parser.parse_args()
    # Marketo shows an export's progress once a minute, which says nothing about our own work.
    bulk_extract.POLL_SECONDS = 0.5
    part = json.loads(given.part) if given.part else None
    if given.stage == "open":
        told = _open(datetime.fromisoformat(str(part)))
    else:
        told = _work(given.stage, FirstLoad.from_json(json.loads(given.load)), part)
    print(json.dumps(told))  # noqa: T201


def _open(since: datetime) -> dict[str, Any]:
    engine = build_engine()
    load = open_load(engine, LoadRequest(RUN, since=since))
    tables = tables_of(load_plan(engine))
    return {"load": load.to_json(), "windows": windows_of(load), "tables": tables}


def _work(stage: str, load: FirstLoad, part: Any) -> Any:
    engine = build_engine()
    if stage == "persons":
        return extract_persons(engine, load, part)
    if stage == "rows":
        return extract_rows(engine, load, part)
    if stage == "divide":
        return partitions_of(engine, load)
    if stage == "partition":
        return load_partition(engine, load, part)
    return finish_load(engine, load)


if __name__ == "__main__":
    main()
