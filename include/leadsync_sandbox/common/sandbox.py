"""What a stand-in is: its shared parts, and what each system adds."""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadsync_sandbox.common.calls import Answer, Call
from leadsync_sandbox.common.clock import SandboxClock
from leadsync_sandbox.common.database import Database
from leadsync_sandbox.common.faults import FAULT_SCHEMA, Faults
from leadsync_sandbox.common.journal import JOURNAL_SCHEMA, Journal
from leadsync_sandbox.common.keep import KEEP_SCHEMA, Keep
from leadsync_sandbox.common.settings import Settings

Json = dict[str, Any]


class ControlError(ValueError):
    """A control request is wrong; answered as HTTP 400 with the message."""


class Sandbox(ABC):
    """One system's stand-in: state in ``folder/{name}.db`` and an answer for every call.

    :param schema: the system's own tables, ``CREATE ... IF NOT EXISTS``.
    :param defaults: its settings with their defaults.
    """

    name: str

    def __init__(self, folder: Path, *, schema: str, defaults: Mapping[str, Any]) -> None:
        shared = KEEP_SCHEMA + FAULT_SCHEMA + JOURNAL_SCHEMA
        self.database = Database(folder / f"{self.name}.db", shared + schema)
        self.keep = Keep(self.database)
        self.clock = SandboxClock(self.keep)
        self.settings = Settings(self.keep, defaults)
        self.faults = Faults(self.database)
        self.journal = Journal(self.database, self.clock)
        self._running = 0
        self._running_lock = threading.Lock()

    @property
    def running(self) -> int:
        """Number of calls that are under way, token calls left out."""
        return self._running

    @contextmanager
    def count_running(self, kind: str) -> Iterator[int]:
        """Count a call as under way while the block runs; yields how many there are with it."""
        step = 0 if kind == "token" else 1
        with self._running_lock:
            self._running += step
            running = self._running
        try:
            yield running
        finally:
            with self._running_lock:
                self._running -= step

    def reset(self) -> None:
        """Forget everything: records, logs, settings, faults, clock."""
        self.database.clear()

    def restore(self, kept: sqlite3.Connection) -> None:
        """Return to an earlier state, which ``database.copy()`` has kept."""
        self.database.restore(kept)

    def latency(self, call: Call) -> float:  # noqa: ARG002 - systems override it
        """Return the seconds that the real service would take, under the chosen profile."""
        return 0.0

    @abstractmethod
    def classify(self, call: Call) -> str:
        """Return ``read``, ``write`` or ``token``."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Serve a call; runs in a worker thread."""

    @abstractmethod
    def error_answer(self, params: Mapping[str, Any]) -> Answer:
        """Return the answer of an ``error`` fault, from its ``params``."""

    @abstractmethod
    def expire_tokens(self) -> None:
        """Make all access tokens expire now."""

    @abstractmethod
    def edit(self, edit: Json) -> Json:
        """Apply a user's edit and return ``{"id": ...}`` and what else is worth knowing.

        :param edit: ``{operation: create|update|delete|merge, table, id, fields, ...}``.
        :raises ControlError: the edit is impossible.
        """

    @abstractmethod
    def records(self, kind: str, query: Mapping[str, str]) -> list[Json]:
        """Return all stored records of a kind, for oracles.

        :raises ControlError: there is no such kind.
        """

    @abstractmethod
    def load(self, records: Mapping[str, list[Json]], *, log: bool) -> Json:
        """Store many records at once and return ``{kind: count}``.

        :param log: whether activities or changes are logged for them.
        :raises ControlError: a record or kind is wrong.
        """
