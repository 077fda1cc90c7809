"""Bulk extract jobs of leads and activities (reference/marketo-rest.md 13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from leadsync.clock import format_instant
from leadsync.errors import RejectedError, ThrottledError, TransientApiError
from leadsync.marketo.bulk_file import download_file
from leadsync.marketo.session import Call, MarketoSession
from leadsync.model import ExportJob, Json

#: a job's status is refreshed once a minute.
POLL_SECONDS = 60.0
LONGEST_WAIT = timedelta(hours=6)
_LONGEST_RANGE = timedelta(days=31)
_RUNNING = frozenset({"created", "queued", "processing"})


class BulkExport:
    """Exports of one kind; a job is visible only to the API user that made it."""

    def __init__(self, session: MarketoSession, kind: Literal["leads", "activities"]) -> None:
        self._session = session
        self._root = f"/bulk/v1/{kind}/export"
        self._looked: dict[str, datetime] = {}

    def run(self, filters: Mapping[str, Any], fields: Sequence[str], target: Path) -> ExportJob:
        """Export to the file ``target``: create, queue, wait, download.

        :raises QuotaSpentError: the day's 500 MB are used up.
        :raises RejectedError: the filter is not possible, or the job failed.
        """
        job = self.create(filters, fields)
        self.enqueue(job.export_id)
        job = self.wait(job.export_id)
        self.download(job, target)
        return job

    def create(self, filters: Mapping[str, Any], fields: Sequence[str]) -> ExportJob:
        """Create a job.

        :param filters: leads: exactly one, such as ``{"updatedAt": date_range(start, end)}``;
            activities: ``createdAt``, and ``activityTypeIds`` if wanted.
        :param fields: columns; may be empty for activities, which then have all.
        """
        body: Json = {"format": "CSV", "filter": dict(filters)}
        if fields:
            body["fields"] = list(fields)
        return self._job("POST", f"{self._root}/create.json", body)

    def enqueue(self, export_id: str, longest: timedelta = LONGEST_WAIT) -> None:
        """Queue a job; one that is queued already stays so.

        :raises ThrottledError: the instance's ten places were still taken after ``longest``.
        """
        deadline = self._session.clock.now() + longest
        while not self._queued(export_id, deadline):
            pass

    def _queued(self, export_id: str, deadline: datetime) -> bool:
        try:
            self._job("POST", f"{self._root}/{export_id}/enqueue.json", {})
            self._looked[export_id] = self._session.clock.now()
        except ThrottledError:
            if self._session.clock.now() >= deadline:
                raise
            return False
        except RejectedError as error:
            if error.code != "1029" or self.status(export_id).status == "created":
                raise
        return True

    def status(self, export_id: str) -> ExportJob:
        """Return a job's state, at least a minute after it was queued or looked at."""
        clock = self._session.clock
        looked = self._looked.get(export_id)
        early = POLL_SECONDS - (clock.now() - looked).total_seconds() if looked else 0
        if early > 0:
            clock.sleep(early)
        job = self._job("GET", f"{self._root}/{export_id}/status.json")
        self._looked[export_id] = clock.now()
        return job

    def cancel(self, export_id: str) -> ExportJob:
        """Cancel a job."""
        return self._job("POST", f"{self._root}/{export_id}/cancel.json", {})

    def wait(self, export_id: str, longest: timedelta = LONGEST_WAIT) -> ExportJob:
        """Return the completed job, asking once a minute.

        :raises RejectedError: it failed or was cancelled.
        :raises TransientApiError: it was still running after ``longest``.
        """
        clock = self._session.clock
        deadline = clock.now() + longest
        job = self.status(export_id)
        while job.status in _RUNNING and clock.now() < deadline:
            job = self.status(export_id)
        if job.status == "completed":
            return job
        call = f"GET {self._root}/{export_id}/status.json"
        if job.status in _RUNNING:
            raise TransientApiError(
                f"still {job.status} after {longest}", system="marketo", call=call
            )
        raise RejectedError(
            f"the export is {job.status} {job.error}".rstrip(),
            system="marketo",
            call=call,
            remedy="Start the export again; narrow its date range if it fails again.",
        )

    def download(self, job: ExportJob, target: Path) -> None:
        """Download a completed job's file to ``target`` and check it."""
        path = f"{self._root}/{job.export_id}/file.json"
        download_file(self._session, path, target, size=job.size, sha256=job.sha256)

    def _job(
        self, method: Literal["GET", "POST"], path: str, body: Json | None = None
    ) -> ExportJob:
        if body is None:
            answer = self._session.answer(Call(method, path))
        else:
            answer = self._session.post(path, body, repeatable=True)
        if not answer.result:
            raise RejectedError("the answer holds no job", system="marketo", call=path)
        return _job(answer.result[0])


def date_range(start: datetime, end: datetime) -> dict[str, str]:
    """Return a filter's range; both ends belong to it, to the whole second."""
    return {"startAt": format_instant(start), "endAt": format_instant(end)}


def date_ranges(start: datetime, end: datetime) -> Iterator[dict[str, str]]:
    """Yield ranges of at most 31 days that cover ``start`` to ``end`` without overlap."""
    second = timedelta(seconds=1)
    while start <= end:
        last = min(end, start + _LONGEST_RANGE - second)
        yield date_range(start, last)
        start = last + second


def _job(item: Json) -> ExportJob:
    checksum = str(item.get("fileChecksum") or "").removeprefix("sha256:").lower()
    status = str(item.get("status", "")).lower()
    return ExportJob(
        export_id=str(item.get("exportId", "")),
        status="cancelled" if status == "canceled" else status,
        records=item.get("numberOfRecords"),
        size=item.get("fileSize"),
        sha256=checksum or None,
        error=str(item.get("errorMsg") or ""),
    )
