"""Two connections on one SQLite file: one writes while the other has a savepoint."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from leadsync_airflow import sqlite_metadata

COUNT = text("SELECT count(*) FROM run")
INSERT = text("INSERT INTO run VALUES (1)")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'metadata.db'}?timeout=60")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text("CREATE TABLE run (id INTEGER)"))
    yield engine
    engine.dispose()


@pytest.fixture
def waiting() -> Iterator[None]:
    sqlite_metadata.wait_at_savepoints()
    sqlite_metadata.wait_at_savepoints()
    yield
    event.remove(Engine, "savepoint", sqlite_metadata._begin_to_write)


def write_elsewhere(engine: Engine) -> threading.Thread:
    """Write through another connection, as the scheduler does."""

    def write() -> None:
        with engine.begin() as connection:
            connection.execute(INSERT)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def read_then_write(engine: Engine, patience: float | None) -> None:
    """Do as Airflow's backfill: a savepoint, a read, and a write after somebody else's."""
    with engine.begin() as connection, connection.begin_nested():
        connection.execute(COUNT).scalar_one()
        other = write_elsewhere(engine)
        other.join(patience)
        connection.execute(INSERT)
    other.join()


def test_sqlite_refuses_a_savepoint_that_read_before_another_wrote(engine: Engine) -> None:
    with pytest.raises(OperationalError, match="database is locked"):
        read_then_write(engine, None)


@pytest.mark.usefixtures("waiting")
def test_other_writers_wait_until_the_savepoint_is_through(engine: Engine) -> None:
    read_then_write(engine, 0.05)
    with engine.connect() as connection:
        assert connection.execute(COUNT).scalar_one() == 2


@pytest.mark.usefixtures("waiting")
def test_a_savepoint_inside_a_transaction_begins_no_other(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(INSERT)
        with connection.begin_nested():
            connection.execute(INSERT)
    with engine.connect() as connection:
        assert connection.execute(COUNT).scalar_one() == 2
