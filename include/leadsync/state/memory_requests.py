"""Requests, related records, references and marks in memory."""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.state.port import (
    LookupRow,
    MarkKind,
    MarkRow,
    RelatedRow,
    RequestRow,
    StateChanges,
)


class MemoryRequests:
    """What the store keeps beside links and journal; rows are copied in and out."""

    def __init__(self) -> None:
        self.requests: dict[str, RequestRow] = {}
        self._related: dict[tuple[str, str], RelatedRow] = {}
        self.lookups: dict[tuple[str, str], LookupRow] = {}
        self._marks: dict[tuple[MarkKind, str], MarkRow] = {}

    def apply(self, changes: StateChanges) -> None:
        """Upsert the parts of ``changes`` that belong here."""
        for request in changes.requests:
            self.requests[request["request_id"]] = request.copy()
        for related in changes.related:
            self._related[related["table"], related["id"]] = _copied(related)
        for lookup in changes.lookups:
            self.lookups[lookup["link_id"], lookup["column"]] = lookup.copy()
        for dropped in changes.marks_dropped:
            self._marks.pop(dropped, None)
        for mark in changes.marks:
            self._marks[mark["kind"], mark["key_hash"]] = mark.copy()

    def find(self, *, waiting: bool, ids: Sequence[str] | None) -> list[RequestRow]:
        """Return requests in the order in which they came."""
        if not self.requests:
            return []
        found = [
            row.copy()
            for row in self.requests.values()
            if (not waiting or row["status"] == "waiting")
            and (ids is None or row["request_id"] in ids)
        ]
        return sorted(found, key=lambda row: (row["requested_at"], row["request_id"]))

    def related(self, table: str, ids: Sequence[str]) -> list[RelatedRow]:
        """Return related records of one table."""
        keys = [(table, one) for one in sorted(set(ids))]
        return [_copied(self._related[key]) for key in keys if key in self._related]

    def lookups_of(self, link_ids: Sequence[str]) -> list[LookupRow]:
        """Return what the rows of these links refer to."""
        wanted = set(link_ids)
        return [self.lookups[key].copy() for key in sorted(self.lookups) if key[0] in wanted]

    def referring(self, column: str, target_table: str, target_ids: Sequence[str]) -> set[str]:
        """Return the ids of links whose row refers to one of the targets."""
        wanted = set(target_ids)
        return {
            row["link_id"]
            for row in self.lookups.values()
            if row["column"] == column
            and row["target_table"] == target_table
            and row["target_id"] in wanted
        }

    def marks(self, kind: MarkKind, key_hashes: Sequence[str]) -> set[str]:
        """Return those hashes that carry a mark of ``kind``."""
        return {key_hash for key_hash in key_hashes if (kind, key_hash) in self._marks}


def _copied(row: RelatedRow) -> RelatedRow:
    return {**row, "fields": dict(row["fields"])}
