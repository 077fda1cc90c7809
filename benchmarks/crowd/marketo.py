"""Marketo with a crowd: bulk export, reads by filter, and writes; the rest is behind it."""

from __future__ import annotations

import csv
import hashlib
import json
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from benchmarks.crowd import people
from benchmarks.crowd.answering import answering
from benchmarks.crowd.behind import Behind
from benchmarks.crowd.people import Crowd, Json

_EXPORT = "/bulk/v1/leads/export"


@dataclass(slots=True)
class _Job:
    """An export, and the thread that writes its file."""

    path: Path
    writing: threading.Thread
    records: int = 0
    checksum: str = ""
    status: str = "Created"

    def shown(self, export_id: str) -> Json:
        done = self.status == "Queued" and not self.writing.is_alive()
        told: Json = {"exportId": export_id, "status": "Completed" if done else self.status}
        if done:
            told |= {
                "numberOfRecords": self.records,
                "fileSize": self.path.stat().st_size,
                "fileChecksum": f"sha256:{self.checksum}",
            }
        return told


@dataclass(slots=True)
class CrowdMarketo:
    """The endpoints that know the crowd.

    :param folder: holds the files of exports.
    """

    crowd: Crowd
    behind: Behind
    folder: Path
    _jobs: dict[str, _Job] = field(default_factory=dict)

    def app(self) -> Starlette:
        """Return the application to serve."""
        job = f"{_EXPORT}/{{export_id}}"
        return Starlette(
            routes=[
                Route(f"{_EXPORT}/create.json", answering(self._create), methods=["POST"]),
                Route(f"{job}/enqueue.json", answering(self._enqueue), methods=["POST"]),
                Route(f"{job}/status.json", answering(self._status)),
                Route(f"{job}/file.json", answering(self._file)),
                Route("/rest/v1/leads.json", answering(self._leads), methods=["GET", "POST"]),
                Route("/{path:path}", answering(self.behind.ask), methods=["GET", "POST"]),
            ]
        )

    def _create(self, _: Request, body: bytes) -> Response:
        asked = json.loads(body)
        export_id = str(uuid.uuid4())
        path = self.folder / f"{export_id}.csv"
        thread = threading.Thread(target=self._write, args=(export_id, asked))
        self._jobs[export_id] = _Job(path, thread)
        thread.start()
        return self._told(export_id)

    def _enqueue(self, request: Request, _: bytes) -> Response:
        export_id = request.path_params["export_id"]
        self._jobs[export_id].status = "Queued"
        return self._told(export_id)

    def _status(self, request: Request, _: bytes) -> Response:
        return self._told(request.path_params["export_id"])

    def _file(self, request: Request, _: bytes) -> Response:
        job = self._jobs[request.path_params["export_id"]]
        return FileResponse(job.path, media_type="text/csv")

    def _told(self, export_id: str) -> Response:
        return _result([self._jobs[export_id].shown(export_id)])

    def _write(self, export_id: str, asked: Json) -> None:
        job, fields = self._jobs[export_id], asked["fields"]
        span = asked["filter"]["createdAt"]
        numbers = self.crowd.persons(people.moment(span["startAt"]), people.moment(span["endAt"]))
        with job.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(fields)
            for record in map(people.person, numbers):
                writer.writerow([_cell(record.get(name)) for name in fields])
                job.records += 1
        with job.path.open("rb") as written:
            job.checksum = hashlib.file_digest(written, "sha256").hexdigest()

    def _leads(self, request: Request, body: bytes) -> Response:
        if request.method == "GET":
            return self._read(dict(request.query_params.items()))
        if request.headers.get("content-type", "").startswith("application/x-www-form"):
            return self._read(dict(parse_qsl(body.decode())))
        return _result([_written(record) for record in json.loads(body)["input"]])

    def _read(self, asked: Json) -> Response:
        numbers = _asked(asked["filterType"], asked["filterValues"].split(","))
        known = [n for n in numbers if 0 <= n < self.crowd.size and people.has_person(n)]
        return _result([self._shown(number, asked["fields"].split(",")) for number in known])

    def _shown(self, number: int, fields: Sequence[str]) -> Json:
        record = people.person(number) | {"createdAt": f"{self.crowd.made(number):%FT%TZ}"}
        return {name: record.get(name) for name in fields}


def _asked(kind: str, texts: Iterable[str]) -> Iterator[int]:
    """Yield the numbers of the people that a filter asks for; nobody carries the id of a row."""
    if kind == "id":
        yield from (int(text) - 1 for text in texts)
    elif kind == "email":
        yield from (int(text.partition("@")[0].removeprefix("person")) for text in texts)


def _written(record: Json) -> Json:
    if "id" in record:
        return {"id": int(record["id"]), "status": "updated"}
    made = people.number_of(record["leadsyncDynamicsId"])
    return {"id": people.person_id(made), "status": "created"}


def _result(items: list[Json]) -> Response:
    return JSONResponse({"requestId": "crowd#1", "success": True, "result": items})


def _cell(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
