"""A Marketo whose answers the test writes, a clock that never waits, and clients of both."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from leadsync.clock import Clock
from leadsync.http.ledger import MemoryLedger
from leadsync.http.limits import marketo_limits
from leadsync.marketo.client import MarketoClient, open_client
from leadsync.marketo.connection import MarketoConnection
from support.sandbox import RunningSandbox

Json = dict[str, Any]
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


class SteppingClock:
    """Stands still but for waiting, which costs no time.

    :param also: told the seconds of every wait, so that a sandbox's clock moves along.
    """

    def __init__(
        self, start: datetime = START, also: Callable[[float], None] | None = None
    ) -> None:
        self.moment = start
        self.slept: list[float] = []
        self._also = also

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)
        if self._also is not None:
            self._also(seconds)


class ScriptedMarketo:
    """Answers token calls by itself and all others from a queue; keeps what was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.asked: list[Request] = []
        self.forms: list[dict[str, str]] = []
        self.token_calls = 0
        self.tokens: list[Json] = []
        self._answers: list[Response] = []
        self._lock = threading.Lock()
        server.expect_request("/identity/oauth/token").respond_with_handler(self._token)
        server.expect_request(re.compile("/(rest|bulk)/.*")).respond_with_handler(self._answer)

    def will_answer(self, *answers: Response | Json) -> None:
        """Queue answers; a dict is an envelope, completed with ``success: true``."""
        self._answers += [one if isinstance(one, Response) else envelope(**one) for one in answers]

    def _token(self, request: Request) -> Response:
        with self._lock:
            self.token_calls += 1
            given = self.tokens.pop(0) if self.tokens else token(f"token-{self.token_calls}", 3599)
        return Response(json.dumps(given), content_type="application/json")

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.asked.append(request)
            self.forms.append(request.form.to_dict())
            return self._answers.pop(0)


def token(text: str, seconds: int) -> Json:
    return {"access_token": text, "token_type": "bearer", "expires_in": seconds, "scope": "a@b"}


def envelope(**members: Any) -> Response:
    body = {"requestId": "45c1#17d4f0469b3", "success": True, **members}
    return Response(json.dumps(body), content_type="application/json;charset=UTF-8")


def refusal(code: str, message: str = "no") -> Response:
    return envelope(success=False, errors=[{"code": code, "message": message}])


def skipped(code: str, message: str = "no") -> Json:
    return {"status": "skipped", "reasons": [{"code": code, "message": message}]}


def updated(ids: Iterable[int]) -> list[Json]:
    return [{"id": number, "status": "updated"} for number in ids]


def client_of(
    url: str,
    clock: Clock,
    credentials: tuple[str, str] = ("client", "s3cret"),
    max_concurrency: int = 5,
) -> MarketoClient:
    """Return a client that waits half of what is random."""
    connection = MarketoConnection(url, *credentials, max_concurrency=max_concurrency)
    ledger = MemoryLedger(clock, {"marketo": marketo_limits(calls_per_20s=100)})
    return open_client(connection, ledger, clock, rand=lambda: 0.5)


def sandbox_client(running: RunningSandbox, clock: SteppingClock | None = None) -> MarketoClient:
    """Return a client of a sandbox, whose clock follows every wait."""
    clock = clock or SteppingClock(datetime.now(UTC), also=running.control.advance)
    return client_of(running.url, clock, (running.client_id, running.client_secret))
