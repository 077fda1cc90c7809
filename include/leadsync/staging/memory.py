"""Staging in plain dictionaries, for simulation and fast tests."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from typing import cast

from leadsync.frames import Rows
from leadsync.json_copy import json_copy
from leadsync.model import Json
from leadsync.staging.store import missing


class MemoryStaging:
    """Keeps frames and documents as ``Staging`` does, without storage; nobody shares them."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, str], Rows] = {}
        self._documents: dict[tuple[str, str], bytes] = {}

    def write_rows(self, cycle_id: str, name: str, rows: Rows) -> str:
        """Keep a copy of a frame's rows."""
        self._frames[cycle_id, name] = rows.completed()
        return f"memory://{cycle_id}/{name}"

    def read_rows(self, cycle_id: str, name: str) -> Rows:
        """Return a copy of a frame's rows.

        :raises StagingError: no stage has stored it.
        """
        kept = self._frames.get((cycle_id, name))
        if kept is None:
            raise missing(cycle_id, name, "memory")
        return kept.copied()

    def read_part(
        self,
        cycle_id: str,
        name: str,
        *,
        slots: range | None = None,
        columns: Sequence[str] | None = None,
    ) -> Rows:
        """Return some rows or columns of a frame.

        :raises StagingError: no stage has stored it.
        """
        rows = self.read_rows(cycle_id, name)
        kept = [
            position
            for position, record in enumerate(rows.records)
            if slots is None or record["slot"] in slots
        ]
        records = [rows.records[position] for position in kept]
        values = [rows.values[position] for position in kept] if rows.values else []
        if columns is None:
            return Rows(rows.columns, records, rows.fields, values)
        return Rows(columns, [{name: record[name] for name in columns} for record in records])

    def write_document(self, cycle_id: str, name: str, document: Json) -> str:
        """Keep a copy of a JSON document."""
        self._documents[cycle_id, name] = marshal.dumps(json_copy(document))
        return f"memory://{cycle_id}/{name}"

    def read_document(self, cycle_id: str, name: str) -> Json | None:
        """Return a copy of a document, or ``None`` when no stage has stored it."""
        kept = self._documents.get((cycle_id, name))
        return None if kept is None else cast(Json, marshal.loads(kept))  # noqa: S302 - our own

    def has(self, cycle_id: str, name: str) -> bool:
        """Tell whether a frame or document of that name is kept."""
        return (cycle_id, name) in self._frames or (cycle_id, name) in self._documents

    def cycles(self) -> list[str]:
        """Return the ids of the cycles of which something is kept."""
        return sorted({cycle_id for cycle_id, _ in (*self._frames, *self._documents)})

    def drop(self, cycle_id: str) -> None:
        """Forget everything of a cycle."""
        self._frames = {key: kept for key, kept in self._frames.items() if key[0] != cycle_id}
        self._documents = {key: kept for key, kept in self._documents.items() if key[0] != cycle_id}
