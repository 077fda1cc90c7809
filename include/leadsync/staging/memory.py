"""Staging in plain dictionaries, for simulation and fast tests."""

from __future__ import annotations

import json

import pandas as pd

from leadsync.model import Json
from leadsync.staging.store import missing


class MemoryStaging:
    """Keeps frames and documents as ``Staging`` does, without storage; nobody shares them."""

    def __init__(self) -> None:
        self._frames: dict[tuple[str, str], pd.DataFrame] = {}
        self._documents: dict[tuple[str, str], str] = {}

    def write_frame(self, cycle_id: str, name: str, frame: pd.DataFrame) -> str:
        """Keep a copy of a frame without its index; pandas copies cells only when one changes."""
        self._frames[cycle_id, name] = frame.reset_index(drop=True)
        return f"memory://{cycle_id}/{name}"

    def read_frame(self, cycle_id: str, name: str) -> pd.DataFrame:
        """Return a copy of a frame.

        :raises StagingError: no stage has stored it.
        """
        if (cycle_id, name) not in self._frames:
            raise missing(cycle_id, name, "memory")
        return self._frames[cycle_id, name].copy(deep=False)

    def write_document(self, cycle_id: str, name: str, document: Json) -> str:
        """Keep a copy of a JSON document."""
        self._documents[cycle_id, name] = json.dumps(document)
        return f"memory://{cycle_id}/{name}"

    def read_document(self, cycle_id: str, name: str) -> Json | None:
        """Return a copy of a document, or ``None`` when no stage has stored it."""
        text = self._documents.get((cycle_id, name))
        if text is None:
            return None
        document: Json = json.loads(text)
        return document

    def has(self, cycle_id: str, name: str) -> bool:
        """Tell whether a frame or document of that name is kept."""
        return (cycle_id, name) in self._frames or (cycle_id, name) in self._documents

    def drop(self, cycle_id: str) -> None:
        """Forget everything of a cycle."""
        self._frames = {key: kept for key, kept in self._frames.items() if key[0] != cycle_id}
        self._documents = {key: kept for key, kept in self._documents.items() if key[0] != cycle_id}
