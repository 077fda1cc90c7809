"""Named JSON values in the database: clock offset, settings, counters."""

from __future__ import annotations

import json
from typing import Any

from leadsync_sandbox.common.database import Database

KEEP_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


class Keep:
    """Small values that survive a restart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value kept under ``name``, or ``default``."""
        text = self._database.value("SELECT value FROM kept WHERE name = ?", (name,))
        return default if text is None else json.loads(text)

    def put(self, name: str, value: Any) -> None:
        """Keep a JSON value under ``name``."""
        self._database.run(
            "INSERT INTO kept VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def forget(self, prefix: str) -> None:
        """Remove all values whose name starts with ``prefix``."""
        self._database.run("DELETE FROM kept WHERE substr(name, 1, ?) = ?", (len(prefix), prefix))

    def take_numbers(self, name: str, count: int = 1, first: int = 1) -> int:
        """Reserve ``count`` consecutive numbers, never handed out again; return the first.

        :param first: where the sequence starts when it is new.
        """
        with self._database.transaction():
            used = self._database.value("SELECT value FROM counter WHERE name = ?", (name,))
            start = first if used is None else int(used)
            self._database.run(
                "INSERT INTO counter VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, start + count),
            )
        return start
