"""Tokens by client credentials (reference/dataverse-webapi.md 1.1)."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from leadsync.clock import Clock
from leadsync.dynamics.connection import DynamicsConnection
from leadsync.dynamics.entra import CALL, entra_error
from leadsync.dynamics.errors import SYSTEM
from leadsync.errors import TransientApiError
from leadsync.http.retry import retrying
from leadsync.http.transport import HttpTransport

logger = logging.getLogger(__name__)

EXPIRY_MARGIN = timedelta(minutes=5)
TIMEOUT = (10.0, 30.0)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    fresh_until: datetime


class TokenUnavailableError(TransientApiError):
    """The authority kept failing; the call that needed the token was not made."""


class TokenSource:
    """Hands out one cached token to all threads and renews it in time.

    :param transport: to the authority's host, not to the organisation's.
    """

    def __init__(
        self, connection: DynamicsConnection, transport: HttpTransport, clock: Clock
    ) -> None:
        self._connection = connection
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None

    def get(self) -> str:
        """Return a valid token; at most one thread asks for a new one.

        :raises AuthenticationError: Entra refused; the remedy follows from its code.
        :raises TokenUnavailableError: Entra kept failing.
        """
        with self._lock:
            if self._token is None or self._clock.now() >= self._token.fresh_until:
                self._token = self._renewed()
            return self._token.text

    def drop(self, refused: str) -> None:
        """Forget the token ``refused``, unless another thread has renewed it already."""
        with self._lock:
            if self._token is not None and self._token.text == refused:
                self._token = None

    def _renewed(self) -> _Token:
        try:
            return retrying(self._clock)(self._request)
        except TransientApiError as error:
            raise TokenUnavailableError(
                f"no token to be had: {error.detail}", system=SYSTEM, call=CALL, code=error.code
            ) from error

    def _request(self) -> _Token:
        asked_at = self._clock.now()
        response = self._transport.send(
            "POST",
            f"/{self._connection.tenant_id}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self._connection.client_id,
                "client_secret": self._connection.client_secret,
                "scope": self._connection.scope,
            },
            headers={"Accept": "application/json"},
            timeout=TIMEOUT,
            counted=False,
        )
        body = _json_object(response)
        if response.status_code != 200:
            raise entra_error(response, body, self._clock.now())
        return _issued(body, asked_at)


def _issued(body: dict[str, Any], asked_at: datetime) -> _Token:
    text, lifetime = body.get("access_token"), body.get("expires_in") or 3599
    if not isinstance(text, str) or not text:
        raise TransientApiError("the answer holds no access_token", system=SYSTEM, call=CALL)
    seconds = timedelta(seconds=float(lifetime))
    return _Token(text, asked_at + max(seconds - EXPIRY_MARGIN, seconds / 2))


def _json_object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
