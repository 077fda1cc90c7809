"""Incidents in memory, with the same promises as in SQL, in one process."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from leadsync.state.incident_book import IncidentRow


class MemoryIncidents:
    """Implements ``IncidentBook``; rows are copied on the way out."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], IncidentRow] = {}

    def happened(self, scope: str, subject: str, at: datetime) -> IncidentRow:
        row = self._opened(scope, subject, at)
        row["last_seen"] = at
        row["count"] += 1
        return _copied(row)

    def close(self, scope: str, at: datetime, *, but: Collection[str] = ()) -> None:
        for row in self._rows.values():
            is_open = row["scope"] == scope and row["closed_at"] is None
            if is_open and row["subject"] not in but:
                row["closed_at"] = at

    def claim_alert(self, scope: str, subject: str, channel: str, at: datetime) -> bool:
        row = self._opened(scope, subject, at)
        if channel in row["told"]:
            return False
        row["told"].append(channel)
        return True

    def claim_recoveries(self, scope: str, channel: str) -> list[IncidentRow]:
        ended = [
            row
            for row in self._rows.values()
            if row["scope"] == scope and row["closed_at"] is not None and channel in row["told"]
        ]
        for row in ended:
            row["told"].remove(channel)
        return _in_order(ended)

    def mark_told(self, row: tuple[str, str], channel: str, *, told: bool) -> None:
        found = self._rows.get(row)
        if found is not None:
            others = [name for name in found["told"] if name != channel]
            found["told"] = [*others, channel] if told else others

    def still_open(self, scope: str | None = None) -> list[IncidentRow]:
        return _in_order(
            row
            for row in self._rows.values()
            if row["closed_at"] is None and scope in (None, row["scope"])
        )

    def _opened(self, scope: str, subject: str, at: datetime) -> IncidentRow:
        row = self._rows.get((scope, subject))
        if row is None or row["closed_at"] is not None:
            row = self._rows[scope, subject] = IncidentRow(
                scope=scope,
                subject=subject,
                opened_at=at,
                last_seen=at,
                closed_at=None,
                count=0,
                told=row["told"] if row else [],
            )
        return row


def _in_order(rows: Iterable[IncidentRow]) -> list[IncidentRow]:
    ordered = sorted(rows, key=lambda row: (row["opened_at"], row["scope"], row["subject"]))
    return [_copied(row) for row in ordered]


def _copied(row: IncidentRow) -> IncidentRow:
    return {**row, "told": list(row["told"])}
