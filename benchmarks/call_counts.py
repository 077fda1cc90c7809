"""Calls of a cycle: what a stand-in's journal holds, and the fewest that the APIs allow.

The arithmetic is explained in docs/api-calls.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: records that one call takes at most (reference/marketo-rest.md 5, dataverse-webapi.md 10, 12).
ACTIVITIES_PER_PAGE = 300
PERSONS_PER_CALL = 300
ROWS_PER_PAGE = 5_000
ROWS_PER_BATCH = 1_000
#: rows of the activity log that Marketo's stand-in looks at in one call.
LOG_ROWS_PER_CALL = 5_000

Counts = dict[str, int]
#: tables that the shipped mapping reads, with their entity sets.
_TABLES = {"lead": "leads", "contact": "contacts", "account": "accounts"}

_MARKETO = {
    "/rest/v1/activities/leadchanges.json": "change feed",
    "/rest/v1/activities/deletedleads.json": "deletion feed",
    "/rest/v1/activities.json": "merge feed",
    "/rest/v1/leads/describe.json": "schema",
    "/rest/v1/activities/pagingtoken.json": "paging token",
}


@dataclass(frozen=True, slots=True)
class Volume:
    """What a cycle has to move.

    :param activities: rows of the change feed since the last cycle, one per changed field.
    :param log_rows: all rows of Marketo's activity log since then.
    :param persons_read: persons whose current values are needed.
    :param persons_written: persons to write.
    :param rows_read: changed rows by Dynamics table.
    :param rows_written: rows to write to Dynamics.
    """

    activities: int = 0
    log_rows: int = 0
    persons_read: int = 0
    persons_written: int = 0
    rows_read: Mapping[str, int] = field(
        default_factory=lambda: {"lead": 0, "contact": 0, "account": 0}
    )
    rows_written: int = 0


def fewest_marketo(volume: Volume) -> Counts:
    """Return the fewest Marketo calls by purpose; a feed costs one even when it is empty."""
    return {
        "change feed": max(1, full(volume.activities, ACTIVITIES_PER_PAGE)),
        "deletion feed": max(1, full(volume.log_rows, LOG_ROWS_PER_CALL)),
        "merge feed": max(1, full(volume.log_rows, LOG_ROWS_PER_CALL)),
        "person reads": full(volume.persons_read, PERSONS_PER_CALL),
        "person writes": full(volume.persons_written, PERSONS_PER_CALL),
    }


def fewest_dynamics(volume: Volume) -> Counts:
    """Return the fewest Dynamics calls by purpose; a delta read costs one even when it is empty."""
    return {
        "delta reads": sum(
            max(1, full(volume.rows_read.get(table, 0), ROWS_PER_PAGE)) for table in _TABLES
        ),
        "batches": full(volume.rows_written, ROWS_PER_BATCH),
    }


def full(records: int, size: int) -> int:
    """Return how many calls of ``size`` hold ``records``."""
    return -(-records // size)


def marketo_calls(journal: Iterable[Mapping[str, Any]]) -> Counts:
    """Count Marketo's journal by purpose; token requests count in no quota."""
    return _count(journal, _marketo_purpose)


def dynamics_calls(journal: Iterable[Mapping[str, Any]]) -> Counts:
    """Count Dynamics' journal by purpose; token requests count in no quota."""
    return _count(journal, _dynamics_purpose)


def _count(journal: Iterable[Mapping[str, Any]], purpose: Any) -> Counts:
    return dict(Counter(purpose(call) for call in journal if call["kind"] != "token"))


def _marketo_purpose(call: Mapping[str, Any]) -> str:
    if call["path"] == "/rest/v1/leads.json":
        return "person reads" if call["kind"] == "read" else "person writes"
    return _MARKETO.get(call["path"], str(call["path"]))


def _dynamics_purpose(call: Mapping[str, Any]) -> str:
    path = str(call["path"])
    if path.endswith("$batch"):
        return "batches"
    if "EntityDefinitions" in path:
        return "metadata"
    return "delta reads" if path.rsplit("/", 1)[-1] in _TABLES.values() else path
