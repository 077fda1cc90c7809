"""Sends one callback and says what came of it, without its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import requests

from leadsync.http.failures import before_sending
from leadsync.http.retry_after import retry_after_seconds
from leadsync.model import Json

#: seconds to connect, and between two bytes of the reply.
TIMEOUT = (5.0, 20.0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    :param status: HTTP status; ``None`` when no reply came.
    :param problem: why there is none.
    :param sent: whether the callback may have arrived.
    :param retry_after: seconds that the receiver asks to wait.
    """

    status: int | None
    problem: str = ""
    sent: bool = True
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"HTTP {self.status}" if self.status is not None else self.problem


class Sender(Protocol):
    """Posts a callback."""

    def __call__(self, url: str, headers: Mapping[str, str], body: Json) -> Reply:
        """Post ``body``; never raises for what the network or the receiver does."""
        ...


def sender(ca_bundle: str | None = None) -> Sender:
    """Return what posts callbacks.

    :param ca_bundle: file with the certificates to trust, if not the system's.
    """
    return partial(_send, ca_bundle or True)


def _send(verify: str | bool, url: str, headers: Mapping[str, str], body: Json) -> Reply:
    """Post ``body`` once; redirects are not followed, for they could lead anywhere."""
    try:
        answer = requests.post(
            url,
            json=body,
            headers={**headers, "User-Agent": "leadsync"},
            timeout=TIMEOUT,
            allow_redirects=False,
            verify=verify,
        )
    except OSError as error:  # also a bundle that is no file, which requests does not wrap
        problem = _before_sending(error)
        return Reply(None, problem or f"no reply ({type(error).__name__})", sent=not problem)
    asked = retry_after_seconds(answer.headers.get("Retry-After"), datetime.now(UTC))
    return Reply(answer.status_code, retry_after=asked)


def _before_sending(error: OSError) -> str:
    """Return what failed before anything was sent, or nothing."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the receiver offers no TLS connection that we trust"
    if not isinstance(error, requests.RequestException):
        return "the certificates of ca_bundle cannot be read"
    return before_sending(error)
