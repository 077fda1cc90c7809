"""Everything that leaves for either system, as it is on the wire, on a clock that skips waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from leadsync.clock import SystemClock

CONTROL = "/_control/"


class SkippingClock:
    """The machine's clock, on which waiting takes no time."""

    def __init__(self) -> None:
        self._skipped = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self._skipped

    def sleep(self, seconds: float) -> None:
        self._skipped += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the status of its answer; ``status`` 0: the answer was lost."""

    at: datetime
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    read_timeout: float
    status: int

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        return urlsplit(self.url).query


@dataclass
class Recording:
    """The exchanges so far, in the order in which they were answered."""

    clock: SkippingClock = field(default_factory=SkippingClock)
    exchanges: list[Exchange] = field(default_factory=list)

    def to(self, origin: str) -> list[Exchange]:
        """Return what went to one system."""
        return [exchange for exchange in self.exchanges if exchange.origin == origin]

    def keep(self, request: requests.PreparedRequest, read_timeout: float, status: int) -> None:
        """Remember an exchange, unless a test steers a sandbox by it."""
        url = request.url or ""
        if CONTROL in url:
            return
        body = request.body or b""
        self.exchanges.append(
            Exchange(
                self.clock.now(),
                request.method or "",
                url,
                {name.lower(): str(value) for name, value in request.headers.items()},
                body.encode() if isinstance(body, str) else bytes(body),
                read_timeout,
                status,
            )
        )


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """Record all HTTP of this process; waits of the engine take no time."""
    kept = Recording()
    send = HTTPAdapter.send

    def recorded(
        adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        timeout = options.get("timeout")
        seconds = float(timeout[1]) if isinstance(timeout, tuple) else float(timeout or 0)
        try:
            response = send(adapter, request, **options)
        except requests.RequestException:
            kept.keep(request, seconds, 0)
            raise
        kept.keep(request, seconds, response.status_code)
        return response

    monkeypatch.setattr(HTTPAdapter, "send", recorded)
    monkeypatch.setattr("leadsync.engine.SystemClock", lambda: kept.clock)
    yield kept
