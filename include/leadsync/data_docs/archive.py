"""Where the validation results of cycles are kept: one JSON document per cycle.

They hold rules, counts and shares only: no value and no id of a record, so an erasure has nothing
to do here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from leadsync.model import Json
from leadsync.settings import Settings

if TYPE_CHECKING:
    from leadsync.staging.store import Staging

DOCUMENT = "validation"
#: what a rule's result says about single rows.
_ABOUT_ROWS = ("unexpected_index_list", "partial_unexpected_index_list", "unexpected_list")


class Archive(Protocol):
    """The part of a staging area that keeps documents by cycle."""

    def write_document(self, cycle_id: str, name: str, document: Json) -> str: ...

    def read_document(self, cycle_id: str, name: str) -> Json | None: ...

    def cycles(self) -> list[str]: ...

    def drop(self, cycle_id: str) -> None: ...


def open_archive(settings: Settings) -> Staging:
    """Return the storage that ``LEADSYNC_REPORTS`` names."""
    from leadsync.staging.store import Staging

    return Staging(settings.reports, setting="LEADSYNC_REPORTS")


def keep_results(archive: Archive, cycle_id: str, results: Iterable[Json]) -> None:
    """Keep a cycle's validation results, replacing those of an earlier attempt.

    :param results: Great Expectations validation results as JSON, one per suite.
    """
    kept = [_without_rows(result) for result in results]
    if kept:
        archive.write_document(cycle_id, DOCUMENT, {"results": kept})


def results_of(archive: Archive, cycle_id: str) -> list[Json] | None:
    """Return a cycle's validation results, or ``None`` when none are kept."""
    document = archive.read_document(cycle_id, DOCUMENT)
    return None if document is None else list(document["results"])


def _without_rows(result: Json) -> Json:
    return {
        **result,
        "results": [
            {
                **one,
                "result": {
                    name: value for name, value in one["result"].items() if name not in _ABOUT_ROWS
                },
            }
            for one in result["results"]
        ],
    }
