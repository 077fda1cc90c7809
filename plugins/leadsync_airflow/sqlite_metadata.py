"""Airflow's metadata in SQLite: savepoints that wait for other writers instead of failing.

Airflow opens a savepoint, reads, and then writes (backfills, asset events). A savepoint outside a
transaction begins one that only reads; SQLite refuses at once, whatever the time-out, to let it
write when another process has written since. ``POST /backfills`` then answers 503 half of the time,
with some of its runs made. A transaction that is to write from its beginning waits for its turn.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, event


def wait_at_savepoints() -> None:
    """Let every engine of this process on SQLite do so."""
    if not event.contains(Engine, "savepoint", _begin_to_write):
        event.listen(Engine, "savepoint", _begin_to_write)


def _begin_to_write(connection: Connection, _name: str) -> None:
    driver = connection.connection.driver_connection
    if connection.dialect.driver == "pysqlite" and driver and not driver.in_transaction:
        driver.execute("BEGIN IMMEDIATE")
