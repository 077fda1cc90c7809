"""Journal and counters of the calls that a stand-in received; no bodies, no secrets."""

from __future__ import annotations

import json
import re
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.common.clock import SandboxClock, format_moment
from leadsync_sandbox.common.database import Database

JOURNAL_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, kind TEXT NOT NULL, status INTEGER, errors TEXT NOT NULL,
    complaints TEXT NOT NULL, faults TEXT NOT NULL, milliseconds REAL NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS call_count (
    kind TEXT NOT NULL, path TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (kind, path)
);
"""
_SECRET = re.compile(r"((?:client_secret|access_token|client_assertion)=)[^&]*")
_IDS = re.compile(r"/\d+(?=[/.])|\([0-9a-fA-F-]{36}\)")


class Journal:
    """What was asked of one system."""

    def __init__(self, database: Database, clock: SandboxClock) -> None:
        self._database = database
        self._clock = clock

    def record(
        self, call: Call, kind: str, answer: Answer | None, faults: list[str], milliseconds: float
    ) -> None:
        """Write one call down.

        :param answer: ``None`` when the connection was closed before anything happened.
        """
        told = answer or Answer(status=0)
        row = (
            format_moment(self._clock.now()),
            call.method,
            call.path,
            _SECRET.sub(r"\1***", call.raw_query),
            kind,
            told.status or None,
            json.dumps(told.errors),
            json.dumps(told.complaints),
            json.dumps(faults),
            round(milliseconds, 1),
            len(call.body),
        )
        with self._database.transaction():
            self._database.run(
                f"INSERT INTO journal VALUES (NULL, {', '.join('?' * len(row))})", row
            )
            self._count(kind, f"{call.method} {_IDS.sub('/{id}', call.path)}", 1)
            for name, count in told.counts.items():
                self._count(name, "", count)

    def _count(self, kind: str, path: str, calls: int) -> None:
        self._database.run(
            "INSERT INTO call_count VALUES (?, ?, ?) "
            "ON CONFLICT (kind, path) DO UPDATE SET calls = calls + excluded.calls",
            (kind, path, calls),
        )

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the journal, oldest first, from behind entry ``after``."""
        found = self._database.rows("SELECT * FROM journal WHERE id > ? ORDER BY id", (after,))
        lists = ("errors", "complaints", "faults")
        return [{**dict(row), **{name: json.loads(row[name]) for name in lists}} for row in found]

    def clear(self) -> None:
        """Empty the journal and the counters."""
        with self._database.transaction():
            self._database.run("DELETE FROM journal")
            self._database.run("DELETE FROM call_count")

    def stats(self) -> dict[str, Any]:
        """Return ``{calls: {all, read, write, token, ...}, by_path: {"GET /x": n}}``.

        ``all`` is reads plus writes: token calls count in no quota.
        """
        kinds: dict[str, int] = {"read": 0, "write": 0, "token": 0}
        by_path: dict[str, int] = {}
        for row in self._database.rows("SELECT * FROM call_count ORDER BY path"):
            kinds[row["kind"]] = kinds.get(row["kind"], 0) + row["calls"]
            if row["path"]:
                by_path[row["path"]] = by_path.get(row["path"], 0) + row["calls"]
        return {"calls": {"all": kinds["read"] + kinds["write"], **kinds}, "by_path": by_path}
