"""How what was read is divided, and which partitions are done."""

from __future__ import annotations

from collections.abc import Iterator

from leadsync.cycle.context import Engine
from leadsync.cycle.initial.extract_persons import window_document
from leadsync.cycle.initial.extract_rows import table_document, tables_of
from leadsync.cycle.initial.first_load import FirstLoad, note
from leadsync.cycle.initial.open_load import MOST_PARTITIONS, windows_of
from leadsync.cycle.plan.schemas import load_plan
from leadsync.errors import StateError
from leadsync.model import TABLES, Json
from leadsync.state.load_progress import DonePartition, divided

#: rows of a partition, and persons: these bound a task's memory. Most persons have no row.
ROWS_EACH = 10_000
PERSONS_EACH = 50_000


def windows_read(engine: Engine, load: FirstLoad) -> list[Json]:
    """Return what the windows hold.

    :raises StateError: one was not read.
    """
    names = [window_document(window["startAt"][:10]) for window in windows_of(load)]
    return [_read(engine, load, name) for name in names]


def tables_read(engine: Engine, load: FirstLoad) -> list[Json]:
    """Return what the tables hold.

    :raises StateError: one was not read.
    """
    names = [table_document(table) for table in tables_of(load_plan(engine))]
    return [_read(engine, load, name) for name in names]


def partitions_of(engine: Engine, load: FirstLoad) -> int:
    """Return the number of partitions: as asked for, or as many as bounded memory takes."""
    if load.partitions is not None:
        return load.partitions
    rows: int = sum(one["rows"] for one in tables_read(engine, load) if one["table"] in TABLES)
    persons: int = sum(one["persons"] for one in windows_read(engine, load))
    needed = max(-(-rows // ROWS_EACH), -(-persons // PERSONS_EACH), 1)
    return min(needed, MOST_PARTITIONS)


def person_parts(engine: Engine, load: FirstLoad) -> Iterator[str]:
    """Yield the staged parts that hold persons."""
    for one in windows_read(engine, load):
        yield from one["parts"]


def row_parts(engine: Engine, load: FirstLoad) -> Iterator[str]:
    """Yield the staged parts that hold leads and contacts."""
    for one in tables_read(engine, load):
        yield from one["parts"]


def divide(engine: Engine, load: FirstLoad) -> int:
    """Return the number of partitions, and let the store know that the loading begins."""
    number = partitions_of(engine, load)
    if load.cursors.divided not in engine.store.cursors():
        note(engine, load, {load.cursors.divided: divided(number, engine.clock.now())})
    return number


def done_partitions(engine: Engine, load: FirstLoad) -> dict[int, DonePartition]:
    """Return the partitions that are done."""
    return load.cursors.done(engine.store.cursors())


def _read(engine: Engine, load: FirstLoad, name: str) -> Json:
    document = engine.staging.read_document(load.load_id, name)
    if document is None:
        raise StateError(
            f"The first load {load.load_id} has not read {name} yet.",
            remedy="Clear the extract that failed; the others are not repeated.",
        )
    return document
