"""SQLite storage of one stand-in: the only place where its state lives."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Parameters = Sequence[Any] | dict[str, Any]


class Database:
    """One SQLite file in WAL mode, shared by the server's threads.

    :param path: the database file; its folder is created.
    :param schema: ``CREATE TABLE IF NOT EXISTS ...`` statements, run at the start and on reset.
    """

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._schema = schema
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block atomically and alone; an exception undoes it. Nested blocks join."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._leave("ROLLBACK")
                raise
            self._leave("COMMIT")

    def _leave(self, statement: str) -> None:
        self._depth -= 1
        if self._depth == 0 and self._connection.in_transaction:
            self._connection.execute(statement)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo only what the block wrote when it raises; the transaction around it goes on."""
        with self.transaction():
            self._connection.execute("SAVEPOINT part")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK TO part")
                self._connection.execute("RELEASE part")
                raise
            self._connection.execute("RELEASE part")

    def define(self, name: str, arguments: int, function: Callable[..., Any]) -> None:
        """Make a deterministic Python function callable in SQL."""
        self._connection.create_function(name, arguments, function, deterministic=True)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or ``None``."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """Return the first column of the first row, or ``None``."""
        found = self.row(sql, parameters)
        return None if found is None else found[0]

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute one statement and return the number of rows that it touched."""
        with self._lock:
            return self._connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, parameters: Iterable[Parameters]) -> None:
        """Execute one statement for many parameter sets."""
        with self.transaction():
            self._connection.executemany(sql, parameters)

    def clear(self) -> None:
        """Drop everything and lay out the schema anew."""
        with self.transaction():
            for (name,) in self.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ):
                self._connection.execute(f'DROP TABLE "{name}"')
        with self._lock:
            self._connection.executescript(self._schema)

    def copy(self) -> sqlite3.Connection:
        """Return everything as it is now, in memory, for :meth:`restore`."""
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with self._lock:
            self._connection.backup(kept)
        return kept

    def restore(self, kept: sqlite3.Connection) -> None:
        """Put everything back as it was when ``kept`` was copied."""
        with self._lock:
            kept.backup(self._connection)

    def close(self) -> None:
        """Close the file; the object cannot be used any more."""
        with self._lock:
            self._connection.close()


def placeholders(values: Sequence[Any]) -> str:
    """Return ``?, ?, ?`` for an ``IN (...)`` list."""
    return ", ".join("?" * len(values))
