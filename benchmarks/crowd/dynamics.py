"""Dynamics with a crowd: full reads with change tracking, and writes; the rest is behind it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.crowd import people
from benchmarks.crowd.answering import answering
from benchmarks.crowd.behind import Behind
from benchmarks.crowd.people import Crowd, Json
from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.batch.codec import ChangeSet, read_batch, write_batch, write_part

_ROOT = "/api/data/v9.2"
_METHODS = ["GET", "POST", "PATCH"]
_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class CrowdDynamics:
    """The endpoints that know the crowd."""

    crowd: Crowd
    behind: Behind

    def app(self) -> Starlette:
        """Return the application to serve."""
        return Starlette(
            routes=[
                Route(f"{_ROOT}/{{table:str}}s", answering(self._table), methods=_METHODS),
                Route(f"{_ROOT}/$batch", answering(self._batch), methods=["POST"]),
                Route("/{path:path}", answering(self.behind.ask), methods=_METHODS),
            ]
        )

    def _table(self, request: Request, body: bytes) -> Response:
        table = request.path_params["table"]
        if table not in people.TABLES or "$filter" in request.query_params:
            return self.behind.ask(request, body)
        start = int(request.query_params.get("$skiptoken", "0"))
        columns = request.query_params["$select"]
        numbers, following = self.crowd.page(table, start, _PAGE)
        here = f"{request.base_url}{_ROOT[1:]}/{table}s?$select={columns}"
        page: Json = {"value": [_shown(number, columns.split(",")) for number in numbers]}
        if following is None:
            page["@odata.deltaLink"] = f"{here}&$deltatoken=1"
        else:
            page["@odata.nextLink"] = f"{here}&$skiptoken={following}"
        headers = {"OData-Version": "4.0", "Preference-Applied": "odata.track-changes"}
        return JSONResponse(page, headers=headers)

    def _batch(self, request: Request, body: bytes) -> Response:
        """Take every update; what is asked for beside people is asked behind."""
        parts = read_batch(request.headers["content-type"], body)
        if any(isinstance(part, ChangeSet) or part.method != "PATCH" for part in parts):
            return self.behind.ask(request, body)
        done = Answer(204, {"OData-Version": "4.0", "ETag": 'W/"9999999"'}, b"")
        answer = write_batch(200, [write_part(done) for _ in parts])
        return Response(answer.body, answer.status, answer.headers)


def _shown(number: int, columns: list[str]) -> Json:
    row = people.row(number)
    return {"@odata.etag": row["@odata.etag"], **{name: row.get(name) for name in columns}}
