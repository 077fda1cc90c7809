"""Access tokens (reference/marketo-rest.md 2).

Asking again gives the same token with the rest of its life, which may be nothing at all.
"""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests

from leadsync.clock import Clock
from leadsync.errors import AuthenticationError, RejectedError, TransientApiError
from leadsync.http.retry import Random, retrying
from leadsync.http.transport import HttpTransport
from leadsync.marketo.connection import MarketoConnection
from leadsync.marketo.timeouts import IDENTITY
from leadsync.model import Json

PATH = "/identity/oauth/token"
CALL = f"GET {PATH}"
#: a token with less than this left is asked for again.
EARLY_SECONDS = 60
_FRESH_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    seconds: int
    refetch_at: datetime


class TokenKeeper:
    """Holds the current token and renews it, once for all threads."""

    def __init__(
        self,
        connection: MarketoConnection,
        transport: HttpTransport,
        clock: Clock,
        rand: Random = random.random,
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._clock = clock
        self._retrying = retrying(clock, rand=rand)
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def current(self) -> str:
        """Return a token that is good for a while.

        :raises AuthenticationError: Marketo does not know the client id or its secret.
        """
        with self._lock:
            if self._token is None or self._clock.now() >= self._token.refetch_at:
                self._token = self._living()
            return self._token.text

    def renew(self, refused: str) -> str:
        """Return a token after ``refused`` was answered with 601 or 602.

        A token that another thread has renewed meanwhile is returned without a call.
        """
        with self._lock:
            if self._token is None or self._token.text == refused:
                self._token = self._living(unlike=refused)
            return self._token.text

    def _living(self, unlike: str = "") -> _Token:
        """Fetch a token, waiting out one that is about to die."""
        token = self._fetch()
        for _ in range(_FRESH_TRIES):
            dying = token.text == unlike and token.seconds < EARLY_SECONDS
            if token.seconds > 0 and not dying:
                break
            self._clock.sleep(token.seconds + 1.0)
            token = self._fetch()
        return token

    def _fetch(self) -> _Token:
        body: Json = self._retrying(self._ask)
        seconds = _lifetime(body)
        early = EARLY_SECONDS if seconds > EARLY_SECONDS else 0
        refetch_at = self._clock.now() + timedelta(seconds=seconds - early)
        return _Token(str(body["access_token"]), seconds, refetch_at)

    def _ask(self) -> Json:
        response = self._transport.send(
            "GET",
            PATH,
            params={
                "grant_type": "client_credentials",
                "client_id": self._connection.client_id,
                "client_secret": self._connection.client_secret,
            },
            timeout=IDENTITY,
            counted=False,
        )
        return _checked(response)


def _checked(response: requests.Response) -> Json:
    status = str(response.status_code)
    if response.status_code >= 500 or response.status_code == 429:
        raise TransientApiError("identity is unavailable", system="marketo", call=CALL, code=status)
    body = _json_object(response)
    if "error" in body or response.status_code == 401:
        raise AuthenticationError(
            f"the credentials were refused ({body.get('error', 'no reason given')})",
            system="marketo",
            call=CALL,
            code=status,
            remedy="Compare login and password of the connection with client id and client secret "
            "of the LaunchPoint service in this very instance (Marketo: Admin, LaunchPoint).",
        )
    if response.status_code == 200 and body.get("access_token"):
        return body
    raise RejectedError(
        "the host does not answer like Marketo's identity service",
        system="marketo",
        call=CALL,
        code=status,
        remedy="Set the connection's host to https://<munchkin id>.mktorest.com "
        "(Marketo: Admin, Web Services).",
    )


def _json_object(response: requests.Response) -> Json:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _lifetime(body: Json) -> int:
    try:
        return max(0, int(body.get("expires_in", 0)))
    except (TypeError, ValueError):
        return 0
