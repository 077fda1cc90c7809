"""One bulk export of Marketo, from its making to its file; a retry goes on with the same job.

Two jobs run at a time in an instance, its files are 500 MB a day, and both are shared with all
other integrations (reference/marketo-rest.md 13). So a job that was made is never wasted.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from leadsync.cycle.context import Engine
from leadsync.cycle.initial.first_load import FirstLoad, keep_lease
from leadsync.errors import RejectedError, ThrottledError, TransientApiError
from leadsync.model import ExportJob, Json
from leadsync.ports import PersonExport

logger = logging.getLogger(__name__)

#: a task may not last for more than two hours; the next attempt goes on waiting.
LONGEST_WAIT = timedelta(minutes=90)
#: how long a task waits in the queue before it shows that it lives.
KEEP_EVERY = timedelta(minutes=5)
_NOT_THERE = "404"
_RUNNING = frozenset({"created", "queued", "processing"})


@dataclass(frozen=True, slots=True)
class WindowExport:
    """The export of the persons that were made in one window.

    :param window: ``startAt`` and ``endAt``, both inclusive.
    """

    engine: Engine
    load: FirstLoad
    window: Json
    exports: PersonExport

    @property
    def name(self) -> str:
        """Name of the window, for documents and people."""
        return str(self.window["startAt"])[:10]

    def fetch(self, fields: Sequence[str], target: Path) -> ExportJob:
        """Download the window's file; a job that failed or has expired is made anew, once.

        :raises QuotaSpentError: the day's 500 MB are used up; finished windows are kept.
        :raises TransientApiError: the job still runs after ``LONGEST_WAIT``.
        :raises RejectedError: the new job fails as well.
        """
        known = self._known()
        if known is not None:
            try:
                return self._finish(known, target)
            except (RejectedError, ThrottledError) as error:
                if isinstance(error, ThrottledError) and error.code != _NOT_THERE:
                    raise
                logger.warning("marketo: export %s is made anew (%s)", known, error.code)
        return self._finish(self._create(fields), target)

    def _finish(self, export_id: str, target: Path) -> ExportJob:
        job = self._completed(export_id)
        self.exports.download(job, target)
        return job

    def _completed(self, export_id: str) -> ExportJob:
        clock = self.engine.clock
        until = clock.now() + LONGEST_WAIT
        job = self.exports.status(export_id)
        if job.status == "created":
            self._enqueue(export_id, until)
        while job.status in _RUNNING and clock.now() < until:
            keep_lease(self.engine, self.load)
            job = self.exports.status(export_id)
        if job.status in _RUNNING:
            raise TransientApiError(
                f"export {export_id} is still {job.status}", system="marketo", call="export status"
            )
        if job.status != "completed":
            raise RejectedError(
                f"the export of {self.name} is {job.status} {job.error}".rstrip(),
                system="marketo",
                call="export status",
                remedy="Clear the task; a new export is made.",
            )
        return job

    def _enqueue(self, export_id: str, until: datetime) -> None:
        """Wait for a place in the queue and keep the lease meanwhile."""
        while True:
            try:
                return self.exports.enqueue(export_id, KEEP_EVERY)
            except ThrottledError:
                if self.engine.clock.now() >= until:
                    raise
            keep_lease(self.engine, self.load)

    def _create(self, fields: Sequence[str]) -> str:
        job = self.exports.create({"createdAt": self.window}, fields)
        document = {"export_id": job.export_id}
        self.engine.staging.write_document(self.load.load_id, self._document, document)
        return job.export_id

    def _known(self) -> str | None:
        stored = self.engine.staging.read_document(self.load.load_id, self._document)
        return str(stored["export_id"]) if stored else None

    @property
    def _document(self) -> str:
        return f"export.{self.name}"
