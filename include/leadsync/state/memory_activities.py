"""Activities for persons' logs in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from leadsync.state.port import ActivityRow
from leadsync.state.rows import UNSENT


class MemoryActivities:
    """Activities by key; rows are copied in and out."""

    def __init__(self) -> None:
        self.rows: dict[str, ActivityRow] = {}

    def write(self, rows: Iterable[ActivityRow]) -> None:
        """Upsert activities."""
        for row in rows:
            self.rows[row["key"]] = _copied(row)

    def remove(self, condition: Callable[[ActivityRow], bool], kept_items: Collection[str]) -> int:
        """Remove activities that meet the condition and whose item is gone; returns how many."""
        gone = [
            key
            for key, row in self.rows.items()
            if row["item_id"] not in kept_items and condition(row)
        ]
        for key in gone:
            del self.rows[key]
        return len(gone)

    def find(
        self, *, item_ids: Sequence[str] | None, unsent: bool, limit: int | None
    ) -> list[ActivityRow]:
        """Return activities in the order in which they are to be sent."""
        if not self.rows:
            return []
        wanted = None if item_ids is None else set(item_ids)
        found = [
            row
            for row in self.rows.values()
            if (wanted is None or row["item_id"] in wanted)
            and (not unsent or row["status"] in UNSENT)
        ]
        found.sort(key=lambda row: (row["created_at"], row["key"]))
        return [_copied(row) for row in found[:limit]]

    def count_unsent(self) -> int:
        """Return the number of activities that are still to be sent."""
        return sum(row["status"] in UNSENT for row in self.rows.values())


def _copied(row: ActivityRow) -> ActivityRow:
    return {**row, "attributes": dict(row["attributes"])}
