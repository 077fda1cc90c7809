"""Authenticated calls with the client's retry policy; all traffic to the organisation goes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from leadsync.clock import Clock
from leadsync.dynamics.auth import TokenSource, TokenUnavailableError
from leadsync.dynamics.batch import is_multipart
from leadsync.dynamics.errors import SYSTEM, to_error
from leadsync.dynamics.faults import NOT_A_MEMBER, Fault, read_fault
from leadsync.dynamics.headers import JSON_TYPE, common_headers, json_body
from leadsync.dynamics.parallelism import Parallelism
from leadsync.errors import NotSentError, ThrottledError, TransientApiError
from leadsync.http.retry import (
    THROTTLED_ATTEMPTS,
    TRANSIENT_ATTEMPTS,
    idempotent_attempts,
    retrying,
)
from leadsync.http.transport import HttpTransport, call_name

#: Seconds to connect, and to wait for an answer: longer than the server's own 120.
TIMEOUT = (10.0, 150.0)
BATCH_TIMEOUT = (10.0, 300.0)
_DID_NOTHING = (ThrottledError, NotSentError, TokenUnavailableError)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    resource: str
    content: bytes | None
    headers: Mapping[str, str]
    timeout: tuple[float, float]


class Channel:
    """Sends requests to one organisation with token, headers and retries; thread-safe.

    :param api_version: such as ``v9.2``.
    :param new_id: makes request ids.
    """

    def __init__(
        self,
        transport: HttpTransport,
        tokens: TokenSource,
        clock: Clock,
        api_version: str,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.clock = clock
        self.root = f"/api/data/{api_version}/"
        self.parallelism = Parallelism(transport.max_concurrency)
        self._transport = transport
        self._tokens = tokens
        self._new_id = new_id

    def call(
        self,
        method: str,
        resource: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        repeatable: bool = True,
        on_doubt: Callable[[], None] | None = None,
        check: bool = True,
    ) -> requests.Response:
        """Make a call, repeated while it fails for a time (section 15, retry classes).

        :param resource: below the API root, percent-encoded, or a link as the service gave it.
        :param repeatable: whether a repetition after an unknown outcome does no harm.
        :param on_doubt: told each time that an attempt's outcome is unknown.
        :param check: raise errors that stay; otherwise such answers are returned.
        :raises ApiError: of the kind that :func:`leadsync.dynamics.errors.to_error` states.
        """
        request = _Request(
            method,
            resource,
            json_body(json) if json is not None else data,
            ({"Content-Type": JSON_TYPE} if json is not None else {}) | dict(headers or {}),
            timeout,
        )

        def attempt() -> requests.Response:
            try:
                return self._attempt(request, check)
            except TransientApiError as error:
                self.slow_down(error)
                if on_doubt and not isinstance(error, _DID_NOTHING):
                    on_doubt()
                raise

        policy = repeatable_attempts if repeatable else careful_attempts
        return retrying(self.clock, attempts=policy)(attempt)

    def get(self, resource: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the JSON object at ``resource``.

        :raises ApiError: as :meth:`call`; an answer that is no JSON object is transient.
        """

        def attempt() -> dict[str, Any]:
            return _object(self.call("GET", resource, headers=headers), resource)

        return retrying(self.clock, attempts=_garbled_attempts)(attempt)

    def slow_down(self, error: TransientApiError) -> None:
        """Let all threads heed what ``error`` asks for: fewer calls, and none before its time."""
        self.parallelism.failed(error)
        if isinstance(error, ThrottledError) and error.retry_after:
            self._transport.hold(error.retry_after)

    def fault(self, response: requests.Response) -> Fault:
        """Read an error answer."""
        return read_fault(
            response.status_code, response.headers, response.content, self.clock.now()
        )

    def _attempt(self, request: _Request, check: bool) -> requests.Response:
        token = self._tokens.get()
        response = self._send(request, token)
        if response.status_code == 401:
            self._tokens.drop(token)
            response = self._send(request, self._tokens.get())
        self.parallelism.answered(response.headers)
        self._raise_fault(response, f"{request.method} {_path(request.resource)}", check)
        return response

    def _send(self, request: _Request, token: str) -> requests.Response:
        resource = request.resource
        return self._transport.send(
            request.method,
            resource if "://" in resource or resource.startswith("/") else self.root + resource,
            data=request.content,
            headers={
                **common_headers(request.method, self._new_id()),
                **request.headers,
                "Authorization": f"Bearer {token}",
            },
            timeout=request.timeout,
        )

    def _raise_fault(self, response: requests.Response, call: str, check: bool) -> None:
        multipart = is_multipart(response.headers.get("content-type", ""))
        if response.status_code < 400 or (multipart and not check):
            return
        fault = self.fault(response)
        passing = fault.throttled or fault.transient
        refused = fault.status == 401 or fault.code == NOT_A_MEMBER
        if check or passing or refused:
            raise to_error(fault, call)


def repeatable_attempts(error: BaseException) -> int:
    """Return the attempts of a call that may run twice."""
    return 1 if isinstance(error, TokenUnavailableError) else idempotent_attempts(error)


def careful_attempts(error: BaseException) -> int:
    """Return the attempts of a call that must not run twice: only what did nothing is repeated."""
    if isinstance(error, ThrottledError):
        return THROTTLED_ATTEMPTS
    return TRANSIENT_ATTEMPTS if isinstance(error, NotSentError) else 1


class _GarbledAnswerError(TransientApiError):
    """A 200 whose body is no JSON object, such as a gateway's page or a truncated answer."""


def _garbled_attempts(error: BaseException) -> int:
    return TRANSIENT_ATTEMPTS if isinstance(error, _GarbledAnswerError) else 1


def _object(response: requests.Response, resource: str) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    raise _GarbledAnswerError(
        "the answer is no JSON object", system=SYSTEM, call=f"GET {_path(resource)}"
    )


def _path(resource: str) -> str:
    return call_name("", resource).strip()
