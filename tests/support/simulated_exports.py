"""Marketo's bulk exports in memory: a job a minute, a quota, and files that can be gone."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadsync.errors import QuotaSpentError, RejectedError, ThrottledError
from leadsync.model import ExportJob
from support.simulated_cells import text

if TYPE_CHECKING:
    from support.simulated_marketo import SimulatedMarketo

MINUTE = 60.0


@dataclass
class SimulatedExports:
    """The jobs of one instance.

    :ivar left: jobs that the day's quota still allows.
    :ivar ends: what becomes of the next jobs, ``completed`` where nothing is said.
    :ivar lost: ids of jobs whose file is gone.
    """

    marketo: SimulatedMarketo
    left: int = 1_000
    ends: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    jobs: dict[str, ExportJob] = field(default_factory=dict)
    asked: dict[str, tuple[Mapping[str, Any], Sequence[str]]] = field(default_factory=dict)

    def create(self, filters: Mapping[str, Any], fields: Sequence[str]) -> ExportJob:
        if self.left <= 0:
            raise QuotaSpentError(
                "Export daily quota 500MB exceeded", system="marketo", call="create", code="1029"
            )
        self.left -= 1
        job = ExportJob(f"job-{len(self.jobs) + 1}", "created")
        self.jobs[job.export_id], self.asked[job.export_id] = job, (filters, fields)
        return job

    def enqueue(self, export_id: str, longest: timedelta) -> None:
        self.jobs[export_id] = replace(self.jobs[export_id], status="queued")

    def status(self, export_id: str) -> ExportJob:
        job = self.jobs.get(export_id)
        if job is None:
            raise RejectedError("not found", system="marketo", call="status", code="1013")
        if job.status == "queued":
            self.marketo.clock.advance(MINUTE)
            status = self.ends.pop(0) if self.ends else "completed"
            self.jobs[export_id] = replace(job, status=status)
        return self.jobs[export_id]

    def download(self, job: ExportJob, target: Path) -> None:
        if job.export_id in self.lost:
            raise ThrottledError("not there", system="marketo", call="file", code="404")
        filters, fields = self.asked[job.export_id]
        span = filters["createdAt"]
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(fields)
            for person in self.marketo.people.values():
                if span["startAt"] <= person["createdAt"] <= span["endAt"]:
                    writer.writerow([_cell(person.get(name)) for name in fields])


def _cell(value: Any) -> str:
    """Write a value as the files do: null is a word of its own."""
    shown = text(value)
    return "null" if shown is None else shown
