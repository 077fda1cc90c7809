"""A scripted Dynamics organisation on a local port, for answers that a sandbox never gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from leadsync.dynamics.client import DynamicsClient, open_client
from leadsync.dynamics.connection import DynamicsConnection
from leadsync.http.ledger import MemoryLedger

ROOT = "/api/data/v9.2/"
MULTIPART = "multipart/mixed; boundary=batchresponse_1"
Answer = Response | Callable[[Request], Response]


class ManualClock:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 31, 10, tzinfo=UTC)
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.moment += timedelta(seconds=seconds)


class ScriptedOrganisation:
    """Answers calls in the order given and keeps the requests; the last answer repeats."""

    def __init__(self, server: HTTPServer, *, concurrency: int = 1) -> None:
        self.server = server
        self.clock = ManualClock()
        self.requests: list[Request] = []
        self.token_requests: list[Request] = []
        self.ledger = MemoryLedger(self.clock)
        self._answers: list[Answer] = []
        self._token_answers: list[Response] = []
        server.expect_request("/tenant/oauth2/v2.0/token").respond_with_handler(self._token)
        server.expect_request(re.compile(f"{ROOT}.*")).respond_with_handler(self._answer)
        url = server.url_for("").rstrip("/")
        self.connection = DynamicsConnection(
            url, "client", "s3cret", "tenant", authority=url, max_concurrency=concurrency
        )
        self.client: DynamicsClient = open_client(self.connection, self.ledger, self.clock)

    def answer(self, *answers: Answer) -> None:
        """Set what the next calls get."""
        self._answers.extend(answers)

    def answer_token(self, *answers: Response) -> None:
        """Set what the next token requests get; by default a token of an hour."""
        self._token_answers.extend(answers)

    def _token(self, request: Request) -> Response:
        request.get_data()
        self.token_requests.append(request)
        if self._token_answers:
            return self._token_answers.pop(0)
        number = len(self.token_requests)
        return json_response({"access_token": f"token-{number}", "expires_in": 3599})

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(request) if callable(answer) and not isinstance(answer, Response) else answer


def json_response(body: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(body), status, named, content_type="application/json")


def error_response(status: int, code: str, message: str = "No.", **headers: str) -> Response:
    return json_response({"error": {"code": code, "message": message}}, status, **headers)


def part(status: int, body: Any = None, *headers: str) -> bytes:
    """Return one answer of a batch, without delimiter."""
    lines = [
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"HTTP/1.1 {status} Reason",
        "Content-Type: application/json; odata.metadata=minimal",
        *headers,
        "",
        "" if body is None else json.dumps(body),
    ]
    return "\r\n".join(lines).encode()


def error_part(status: int, code: str, message: str = "No.", *headers: str) -> bytes:
    return part(status, {"error": {"code": code, "message": message}}, *headers)


def batch_body(parts: Iterable[bytes], boundary: str = "batchresponse_1") -> bytes:
    delimiter = f"--{boundary}".encode()
    written = b"".join(delimiter + b"\r\n" + one + b"\r\n" for one in parts)
    return written + delimiter + b"--\r\n"


def batch_response(parts: Sequence[bytes], status: int = 200) -> Response:
    return Response(batch_body(parts), status, content_type=MULTIPART)


def guid(number: int) -> str:
    return str(UUID(int=number))
