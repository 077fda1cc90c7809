"""Rows whose lookup leads to something that is gone: made without it, the lookup is held (S105).

A 404 names the row that is missing; when that is a bound one, the other values are good
(reference/dataverse-webapi.md 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from leadsync.cycle.load.loading import Write
from leadsync.cycle.quarantine.quarantining import from_server, quarantined
from leadsync.model import Json, RecordError, RowResult, RowWrite

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BIND = "@odata.bind"
Send = Callable[[Sequence[RowWrite]], Sequence[RowResult]]


@dataclass(slots=True)
class RefusedLookups:
    """Lookups that the server refused in one stage, by record key and column."""

    found: dict[str, dict[str, tuple[str, RecordError]]] = field(default_factory=dict)

    def send(
        self, send: Send, writes: Sequence[Write], rows: Sequence[RowWrite]
    ) -> list[RowResult]:
        """Send ``rows``; those that were refused for a lookup are sent again without it."""
        results = list(send(rows))
        again = {
            place: without
            for place, row in enumerate(rows)
            if (without := self._without_missing(writes[place].key, row, results[place]))
        }
        if again:
            repeated = [writes[place] for place in again]
            answers = self.send(send, repeated, list(again.values()))
            results = [*results]
            for place, answer in zip(again, answers, strict=True):
                results[place] = answer
        return results

    def held(self, write: Write) -> list[Json]:
        """Return the quarantine records of the lookups that a written row went without."""
        return [
            quarantined(write.record, {column: target}, from_server((error,), column), field=column)
            for column, (target, error) in self.found.get(write.key, {}).items()
        ]

    def _without_missing(self, key: str, row: RowWrite, answer: RowResult) -> RowWrite | None:
        """Return the row without the bound targets that the answer calls missing."""
        if answer.status != "rejected" or answer.error is None:
            return None
        named = set(_GUID.findall(answer.error.message.lower()))
        missing = {
            name: target
            for name, link in row.body.items()
            if name.endswith(_BIND) and (target := _target(link)) in named
        }
        if not missing:
            return None
        for name, target in missing.items():
            self.found.setdefault(key, {})[_column(name)] = (target, answer.error)
        return replace(row, body={n: v for n, v in row.body.items() if n not in missing})


def _target(link: object) -> str:
    found = _GUID.search(str(link).lower())
    return found.group() if found else ""


def _column(bind: str) -> str:
    """Return the lookup column of a navigation property (section 7)."""
    navigation = bind.removesuffix(_BIND)
    return navigation.removesuffix("_account").removesuffix("_contact")
