"""Staging: where a cycle's frames and documents wait between its tasks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

import pandas as pd

from leadsync.errors import LeadsyncError
from leadsync.frames import Rows, from_frame, to_frame
from leadsync.model import Json
from leadsync.staging.files import CycleFiles

#: rows of a frame with slots that are read together: few, so that a partition skips the others.
SLOT_GROUP = 1_000


class StagingError(LeadsyncError):
    """A stage asks for what no earlier stage has left."""


class Staging:
    """Frames as Parquet and documents as JSON, in any storage that fsspec knows.

    Frames keep columns, order and dtypes (``str``, ``Int64``) and every text, null and mark of
    their cells.

    :param url: fsspec URL or local path: ``LEADSYNC_STAGING``.
    :param storage_options: what the storage needs besides, as fsspec takes it.
    :param setting: the environment variable that names the URL, for messages.
    :raises ConfigurationError: from here and from every method, when the storage cannot be used.
    """

    def __init__(
        self,
        url: str,
        storage_options: Mapping[str, Any] | None = None,
        *,
        setting: str = "LEADSYNC_STAGING",
    ) -> None:
        self._files = CycleFiles(url, storage_options, setting=setting)

    def write_rows(self, cycle_id: str, name: str, rows: Rows) -> str:
        """Store rows as a frame, replacing the one of that name; returns its path."""

        def fill(file: Any) -> None:
            if rows.records:
                _write_frame(rows, file)
            else:
                file.write(_empty(tuple(rows.columns), tuple(rows.fields)))

        return self._files.write(cycle_id, f"{name}.parquet", fill)

    def read_rows(self, cycle_id: str, name: str) -> Rows:
        """Return the rows of a frame, complete and without absent fields.

        :raises StagingError: no stage has stored it.
        """
        try:
            with self._files.reading(cycle_id, f"{name}.parquet") as file:
                return from_frame(pd.read_parquet(file, engine="pyarrow"))
        except FileNotFoundError:
            raise missing(cycle_id, name, self._files.shown) from None

    def read_part(
        self,
        cycle_id: str,
        name: str,
        *,
        slots: range | None = None,
        columns: Sequence[str] | None = None,
    ) -> Rows:
        """Return some rows or columns of a frame, and read little more than them.

        :param slots: only rows whose ``slot`` lies in it; quick where the frame is in that order.
        :param columns: only these fixed columns, and no fields.
        :raises StagingError: no stage has stored it.
        """
        wanted = [("slot", ">=", slots.start), ("slot", "<", slots.stop)] if slots else None
        chosen = list(columns) if columns else None
        try:
            with self._files.reading(cycle_id, f"{name}.parquet") as file:
                return from_frame(
                    pd.read_parquet(file, engine="pyarrow", columns=chosen, filters=wanted)
                )
        except FileNotFoundError:
            raise missing(cycle_id, name, self._files.shown) from None

    def write_document(self, cycle_id: str, name: str, document: Json) -> str:
        """Store a JSON document, replacing the one of that name; returns its path."""
        content = json.dumps(document).encode()
        return self._files.write(cycle_id, f"{name}.json", lambda file: _write_all(file, content))

    def read_document(self, cycle_id: str, name: str) -> Json | None:
        """Return a document, or ``None`` when no stage has stored it."""
        try:
            with self._files.reading(cycle_id, f"{name}.json") as file:
                document: Json = json.load(file)
        except FileNotFoundError:
            return None
        return document

    def has(self, cycle_id: str, name: str) -> bool:
        """Tell whether a frame or document of that name is stored."""
        return any(self._files.has(cycle_id, f"{name}.{kind}") for kind in ("parquet", "json"))

    def cycles(self) -> list[str]:
        """Return the ids of the cycles of which something is stored."""
        return self._files.cycles()

    def drop(self, cycle_id: str) -> None:
        """Remove everything of a cycle; it is no error when there is nothing."""
        self._files.drop(cycle_id)


def missing(cycle_id: str, name: str, where: str) -> StagingError:
    """Say that a frame is not there."""
    return StagingError(
        f"The frame {name} of cycle {cycle_id} is not in staging ({where}).",
        remedy="Clear the earlier tasks of the run so that they store it again, and see that all "
        "workers share LEADSYNC_STAGING.",
    )


def _write_frame(rows: Rows, file: Any) -> None:
    frame = to_frame(rows)
    group = SLOT_GROUP if "slot" in frame.columns else None
    frame.to_parquet(file, engine="pyarrow", compression="zstd", index=False, row_group_size=group)


@lru_cache
def _empty(columns: tuple[str, ...], fields: tuple[str, ...]) -> bytes:
    """Return the file of a frame without rows; most frames of most cycles are."""
    file = BytesIO()
    _write_frame(Rows(columns, [], fields), file)
    return file.getvalue()


def _write_all(file: Any, content: bytes) -> None:
    file.write(content)
