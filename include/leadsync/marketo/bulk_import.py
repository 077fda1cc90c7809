"""Bulk import of persons (reference/marketo-rest.md 14).

Its queue is shared with marketers' list uploads, and it tells neither ids nor created from updated:
good for a first load, never for a cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import requests

from leadsync.errors import RejectedError, TransientApiError
from leadsync.marketo.bulk_csv import Row, text_rows
from leadsync.marketo.envelope import answer_of, http_error
from leadsync.marketo.session import Call, MarketoSession
from leadsync.marketo.timeouts import FILE, WRITE
from leadsync.model import Json

PATH = "/bulk/v1/leads.json"
POLL_SECONDS = 30.0
LONGEST_WAIT = timedelta(hours=6)
_RUNNING = frozenset({"queued", "importing"})


@dataclass(frozen=True, slots=True)
class ImportJob:
    """State of an import; ``status`` in lower case: queued, importing, complete, failed."""

    batch_id: int
    status: str
    processed: int = 0
    failed: int = 0
    warned: int = 0
    message: str = ""


class BulkImport:
    """Imports CSV files; always an upsert by one field."""

    def __init__(self, session: MarketoSession) -> None:
        self._session = session

    def submit(self, content: bytes, lookup_field: str) -> ImportJob:
        """Hand in a file of :func:`leadsync.marketo.bulk_csv.csv_parts`.

        It is not repeated after a lost answer: two running imports of one key could create two
        persons.
        """
        call = Call(
            "POST",
            PATH,
            WRITE,
            params={"format": "csv", "lookupField": lookup_field},
            files={"file": ("leads.csv", content, "text/csv")},
            repeatable=False,
        )
        return _job(self._session.answer(call).result, PATH)

    def status(self, batch_id: int) -> ImportJob:
        """Return an import's state."""
        path = f"/bulk/v1/leads/batch/{batch_id}.json"
        return _job(self._session.answer(Call("GET", path)).result, path)

    def wait(self, batch_id: int, longest: timedelta = LONGEST_WAIT) -> ImportJob:
        """Return the finished import, asking twice a minute.

        :raises RejectedError: it failed as a whole.
        :raises TransientApiError: it was still running after ``longest``.
        """
        clock = self._session.clock
        deadline = clock.now() + longest
        job = self.status(batch_id)
        while job.status in _RUNNING and clock.now() < deadline:
            clock.sleep(POLL_SECONDS)
            job = self.status(batch_id)
        if job.status == "complete":
            return job
        kind = TransientApiError if job.status in _RUNNING else RejectedError
        raise kind(
            f"import {batch_id} is {job.status} {job.message}".rstrip(),
            system="marketo",
            call=f"GET /bulk/v1/leads/batch/{batch_id}.json",
        )

    def failures(self, batch_id: int) -> list[Row]:
        """Return the rows that failed, with ``Import Failure Reason``."""
        return self._rows(batch_id, "failures")

    def warnings(self, batch_id: int) -> list[Row]:
        """Return the rows with a warning, with ``Import Warning Reason``."""
        return self._rows(batch_id, "warnings")

    def _rows(self, batch_id: int, kind: str) -> list[Row]:
        call = Call("GET", f"/bulk/v1/leads/batch/{batch_id}/{kind}.json", FILE)

        def read(response: requests.Response) -> list[Row]:
            if response.status_code == 404:
                return []
            if response.status_code != 200:
                raise http_error(response, call.name)
            if "json" in response.headers.get("Content-Type", "").lower() and response.content:
                answer_of(response, call.name, self._session.clock.now())
                return []
            return text_rows(response.content.decode("utf-8-sig", "replace"))

        return self._session.run(call, read)


def _job(result: list[Json], path: str) -> ImportJob:
    if not result:
        raise RejectedError("the answer holds no import", system="marketo", call=path)
    item = result[0]
    return ImportJob(
        batch_id=int(item.get("batchId", 0)),
        status=str(item.get("status", "")).lower(),
        processed=int(item.get("numOfLeadsProcessed") or 0),
        failed=int(item.get("numOfRowsFailed") or 0),
        warned=int(item.get("numOfRowsWithWarning") or 0),
        message=str(item.get("message") or ""),
    )
