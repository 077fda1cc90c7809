"""Quarantined rows and their history in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from leadsync.errors import StateError
from leadsync.json_copy import json_copy
from leadsync.state import conflicts
from leadsync.state.item_filter import EVERYTHING, Cause, ItemFilter, causes_of
from leadsync.state.port import (
    QuarantineEventRow,
    QuarantineRow,
    QuarantineStatus,
    StateChanges,
)


class MemoryQuarantine:
    """Items by id and what happened to them; rows are copied in and out."""

    def __init__(self) -> None:
        self._items: dict[str, QuarantineRow] = {}
        self._events: list[QuarantineEventRow] = []

    def conflict(self, changes: StateChanges) -> StateError | None:
        """Return why ``changes`` cannot be stored, if they cannot."""
        if not changes.quarantine and not changes.quarantine_events:
            return None
        items = {**self._items, **{row["id"]: row for row in changes.quarantine}}
        unknown = [e["item_id"] for e in changes.quarantine_events if e["item_id"] not in items]
        if unknown:
            return StateError(f"There is no quarantine item {unknown[0]} to add an event to.")
        return conflicts.item_conflict(items.values())

    def apply(self, changes: StateChanges) -> None:
        """Store the items and events of ``changes``."""
        for row in changes.quarantine:
            self._items[row["id"]] = _copied(row)
        for event in changes.quarantine_events:
            self._events.append(event.copy())

    def remove(self, condition: Callable[[Mapping[str, Any]], bool]) -> int:
        """Remove items with their history; returns how many items."""
        gone = {key for key, row in self._items.items() if condition(row)}
        self._items = {key: row for key, row in self._items.items() if key not in gone}
        self._events = [event for event in self._events if event["item_id"] not in gone]
        return len(gone)

    @property
    def ids(self) -> set[str]:
        """The ids of all items."""
        return set(self._items)

    def find(
        self,
        *,
        statuses: Sequence[QuarantineStatus] | None = None,
        ids: Sequence[str] | None = None,
        where: ItemFilter | None = None,
        limit: int | None = None,
    ) -> list[QuarantineRow]:
        """Return items that meet all conditions given, newest first."""
        if not self._items:
            return []
        wanted = None if ids is None else set(ids)
        found = [row for row in self._of(statuses, where) if wanted is None or row["id"] in wanted]
        found.sort(key=lambda row: row["id"])
        found.sort(key=lambda row: row["last_seen"], reverse=True)
        return [_copied(row) for row in found[:limit]]

    def causes(
        self, *, statuses: Sequence[QuarantineStatus] | None, where: ItemFilter | None
    ) -> list[Cause]:
        """Group the items that meet the conditions by their reasons."""
        return causes_of(self._of(statuses, where), where or EVERYTHING)

    def events(self, item_ids: Sequence[str]) -> list[QuarantineEventRow]:
        """Return the items' history in the order in which it was written."""
        wanted = set(item_ids)
        return [event.copy() for event in self._events if event["item_id"] in wanted]

    def _of(
        self, statuses: Sequence[QuarantineStatus] | None, where: ItemFilter | None
    ) -> Iterable[QuarantineRow]:
        return (
            row
            for row in self._items.values()
            if (statuses is None or row["status"] in statuses)
            and (where is None or where.matches(row))
        )


def _copied(row: QuarantineRow) -> QuarantineRow:
    copied = {**row, "row": json_copy(row["row"]), "failures": json_copy(row["failures"])}
    return cast("QuarantineRow", copied)
