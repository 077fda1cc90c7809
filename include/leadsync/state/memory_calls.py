"""Calls of the flow step and of webhooks in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from leadsync.state.call_port import (
    CallCounts,
    CallItemRow,
    CallResult,
    CallRow,
    Outlook,
)
from leadsync.state.port import RequestRow


class MemoryCalls:
    """Implements ``CallStore`` with the promises of ``SqlCalls``; rows are copied in and out.

    :param requests: of the same store, by id.
    """

    def __init__(self, requests: dict[str, RequestRow]) -> None:
        self._requests = requests
        self._calls: dict[str, CallRow] = {}
        self._items: dict[str, list[CallItemRow]] = {}

    def accept(
        self, call: CallRow, items: Sequence[CallItemRow], requests: Sequence[RequestRow]
    ) -> bool:
        if call["call_id"] in self._calls:
            return False
        self._calls[call["call_id"]] = call.copy()
        ordered = sorted(items, key=lambda item: item["position"])
        self._items[call["call_id"]] = [item.copy() for item in ordered]
        self._requests.update((row["request_id"], row.copy()) for row in requests)
        return True

    def known(self, call_ids: Sequence[str]) -> set[str]:
        return set(call_ids) & self._calls.keys()

    def waiting_requests(self, limit: int) -> list[RequestRow]:
        named = {
            item["request_id"]: None
            for call in self._calls.values()
            if call["mode"] == "real_time"
            for item in self._items[call["call_id"]]
        }
        waiting = [self._requests[one].copy() for one in named if self._waits(one)]
        return sorted(waiting, key=lambda row: (row["requested_at"], row["request_id"]))[:limit]

    def outlook(self, now: datetime) -> Outlook:
        waiting = self.waiting_requests(len(self._requests))
        newest = max((row["requested_at"] for row in waiting), default=None)
        return Outlook(len(waiting), newest, sum(1 for _ in self._due(now)))

    def due(self, now: datetime, limit: int) -> list[CallRow]:
        found = sorted(self._due(now), key=lambda call: (call["received_at"], call["call_id"]))
        return [call.copy() for call in found[:limit]]

    def claim(self, call: CallRow, until: datetime) -> bool:
        stored = self._calls.get(call["call_id"])
        if stored is None or stored["status"] != "open" or stored["attempts"] != call["attempts"]:
            return False
        stored["attempts"] += 1
        stored["next_attempt_at"], stored["unanswered"] = until, True
        return True

    def record(self, call: CallRow) -> None:
        self._calls[call["call_id"]] = call.copy()
        self._items.setdefault(call["call_id"], [])

    def results(self, call_ids: Sequence[str]) -> list[CallResult]:
        return [
            self._result(item)
            for call_id in sorted(set(call_ids) & self._items.keys())
            for item in self._items[call_id]
        ]

    def counts(self) -> CallCounts:
        statuses = [call["status"] for call in self._calls.values()]
        return CallCounts(statuses.count("open"), statuses.count("given_up"))

    def forget(self, before: datetime) -> int:
        ended = [
            call["call_id"]
            for call in self._calls.values()
            if call["status"] != "open" and call["updated_at"] < before
        ]
        for call_id in ended:
            del self._calls[call_id], self._items[call_id]
        return len(ended)

    def erase(self, persons: Iterable[int]) -> int:
        """Remove the persons from all calls; returns how many items went."""
        gone, removed = set(persons), 0
        for call_id, items in self._items.items():
            kept = [item for item in items if item["marketo_id"] not in gone]
            removed += len(items) - len(kept)
            self._items[call_id] = kept
        return removed

    def _due(self, now: datetime) -> Iterator[CallRow]:
        for call in self._calls.values():
            undecided = any(self._waits(i["request_id"]) for i in self._items[call["call_id"]])
            ready = not undecided or call["answer_by"] <= now
            if call["status"] == "open" and call["next_attempt_at"] <= now and ready:
                yield call

    def _waits(self, request_id: str) -> bool:
        row = self._requests.get(request_id)
        return row is not None and row["status"] == "waiting"

    def _result(self, item: CallItemRow) -> CallResult:
        row = self._requests.get(item["request_id"])
        return {
            "call_id": item["call_id"],
            "position": item["position"],
            "marketo_id": item["marketo_id"],
            "action": row["action"] if row else None,
            "status": row["status"] if row else None,
            "outcome": row["outcome"] if row else None,
            "message": row["message"] if row else None,
        }
