"""Writes that were sent, or are about to be, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from leadsync.json_copy import json_copy
from leadsync.state.port import IntentRow
from leadsync.state.rows import MAKING, UNANSWERED, UPDATES


class MemoryIntents:
    """Intents by id; rows are copied in and out."""

    def __init__(self) -> None:
        self._rows: dict[str, IntentRow] = {}
        self._of: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def write(self, rows: Iterable[IntentRow]) -> None:
        """Upsert intents."""
        for row in rows:
            self._rows[row["intent_id"]] = _copied(row)
            self._of[row["cycle_id"], row["side"]].add(row["intent_id"])

    def remove(self, condition: Callable[[Mapping[str, Any]], bool]) -> int:
        """Remove the intents that meet the condition; returns how many."""
        gone = [key for key, row in self._rows.items() if condition(row)]
        for key in gone:
            row = self._rows.pop(key)
            self._of[row["cycle_id"], row["side"]].discard(key)
        return len(gone)

    def statuses(self, cycle_id: str, side: str) -> dict[str, str]:
        """Return the status of the cycle's intents on one side."""
        return {key: self._rows[key]["status"] for key in self._of.get((cycle_id, side), ())}

    def unconfirmed_pairs(self, dynamics_ids: Sequence[str] | None) -> list[IntentRow]:
        """Return creates and links that were never confirmed, of all rows or of those named."""
        wanted = None if dynamics_ids is None else set(dynamics_ids)
        return self._where(
            lambda row: (
                row["operation"] in MAKING
                and row["status"] == "pending"
                and (wanted is None or row["dynamics_id"] in wanted)
            )
        )

    def unanswered_updates(
        self, marketo_ids: Sequence[int], dynamics_ids: Sequence[str]
    ) -> list[IntentRow]:
        """Return updates of pairs of these persons or rows, never confirmed, oldest first."""
        persons, rows = set(marketo_ids), set(dynamics_ids)
        found = self._where(
            lambda row: (
                row["operation"] in UPDATES
                and row["status"] in UNANSWERED
                and (row["marketo_id"] in persons or row["dynamics_id"] in rows)
            )
        )
        return sorted(found, key=lambda row: row["updated_at"])

    def unconfirmed_creates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        """Return creates of Dynamics rows for the persons that were never confirmed."""
        wanted, sought = set(marketo_ids), ("create", "dynamics", "pending")
        found = self._where(
            lambda row: (
                (row["operation"], row["side"], row["status"]) == sought
                and row["marketo_id"] in wanted
            )
        )
        return sorted(found, key=lambda row: row["updated_at"])

    def pending_updates(self, marketo_ids: Sequence[int]) -> list[IntentRow]:
        """Return updates of the persons in Marketo that were never confirmed."""
        wanted = set(marketo_ids)
        return self._where(
            lambda row: (
                (row["side"], row["status"]) == ("marketo", "pending")
                and row["operation"] != "create"
                and row["marketo_id"] in wanted
            )
        )

    def _where(self, condition: Callable[[IntentRow], bool]) -> list[IntentRow]:
        return [_copied(row) for _, row in sorted(self._rows.items()) if condition(row)]


def _copied(row: IntentRow) -> IntentRow:
    return {**row, "body": json_copy(row["body"])}
