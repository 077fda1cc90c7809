"""A whole first load in one process: what the command line and the tests run."""

from __future__ import annotations

import logging
from functools import partial

from leadsync.cycle.context import Engine
from leadsync.cycle.initial.extract_persons import extract_persons
from leadsync.cycle.initial.extract_rows import extract_rows, tables_of
from leadsync.cycle.initial.finish_load import finish_load
from leadsync.cycle.initial.first_load import FirstLoad, keep_lease
from leadsync.cycle.initial.open_load import LoadRequest, open_load, windows_of
from leadsync.cycle.initial.partition import load_partition
from leadsync.cycle.initial.partitions import divide
from leadsync.cycle.plan.schemas import load_plan
from leadsync.errors import LeadsyncError
from leadsync.model import Json
from leadsync.state.load_progress import progress_of

logger = logging.getLogger(__name__)


def run_initial(engine: Engine, request: LoadRequest) -> Json:
    """Read everything, link and load it, and return the report.

    A failure gives the lease back. The next run of the same request goes on where this one ended.
    """
    load = open_load(engine, request)
    try:
        return run_load(engine, load)
    except LeadsyncError:
        if (lease := keep_lease(engine, load)) is not None:
            engine.store.release_lease(lease)
        raise


def run_load(engine: Engine, load: FirstLoad) -> Json:
    """Run all stages of a load that is open."""
    windows = windows_of(load)
    read = engine.in_parallel(partial(extract_persons, engine, load), windows)
    for position, window in enumerate(read, 1):
        logger.info(
            "Window %d of %d, from %s: %d persons.",
            position,
            len(windows),
            window["window"],
            window["persons"],
        )
    for table in tables_of(load_plan(engine)):
        logger.info("Table %s: %d rows.", table, extract_rows(engine, load, table)["rows"])
    partitions = divide(engine, load)
    for number in range(partitions):
        load_partition(engine, load, number)
        progress = progress_of(engine.store.cursors())
        told = progress.told() if progress else "Nothing is written."
        logger.info("Partition %d of %d. %s", number + 1, partitions, told)
    return finish_load(engine, load)
