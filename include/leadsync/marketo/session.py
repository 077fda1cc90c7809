"""One authenticated call to Marketo: token, replay, retry, long queries."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import requests

from leadsync.clock import Clock
from leadsync.errors import (
    NotSentError,
    QuotaSpentError,
    RejectedError,
    ThrottledError,
    TransientApiError,
)
from leadsync.http.retry import THROTTLED_ATTEMPTS, TRANSIENT_ATTEMPTS, Random, retrying
from leadsync.http.transport import HttpTransport
from leadsync.marketo.auth import TokenKeeper
from leadsync.marketo.codes import (
    DAILY_QUOTA,
    NO_DATA,
    RATE_LIMITED,
    TokenRefusedError,
    quota_spent,
)
from leadsync.marketo.envelope import Answer, answer_of
from leadsync.marketo.timeouts import DEFAULT, WRITE, Timeout

#: bytes of path and query; the gateway takes 8 KB (reference/marketo-rest.md 1).
LONGEST_QUERY = 7_000
#: temporary failures that may be lasting, so they are repeated less often.
_STUBBORN = frozenset({"0", "500", "604", "611", "614"})
#: answered without having executed anything (reference/marketo-rest.md 4.2).
_NOT_EXECUTED = frozenset({"608", "614"})

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it goes out; ``repeatable``: running it twice does no harm."""

    method: str
    path: str
    timeout: Timeout = DEFAULT
    params: Mapping[str, str] | None = None
    data: Mapping[str, str] | bytes | None = None
    files: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    repeatable: bool = True
    stream: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class MarketoSession:
    """Makes calls; safe to share between threads."""

    def __init__(
        self,
        tokens: TokenKeeper,
        transport: HttpTransport,
        clock: Clock,
        rand: Random = random.random,
    ) -> None:
        self.transport = transport
        self.clock = clock
        self._tokens = tokens
        self._spent: QuotaSpentError | None = None
        self._repeatable = retrying(clock, attempts=_repeatable_attempts, rand=rand)
        self._once = retrying(clock, attempts=_unexecuted_attempts, rand=rand)

    def query(
        self, path: str, params: Mapping[str, str] | None = None, timeout: Timeout = DEFAULT
    ) -> Answer:
        """Read; a long query goes as ``POST`` with ``_method=GET`` and a form body.

        An answer that says "no data found" is an empty one.
        """
        params = params or {}
        if len(path) + len(urlencode(params)) <= LONGEST_QUERY:
            call = Call("GET", path, timeout, params=params)
        else:
            call = Call("POST", path, timeout, data={"_method": "GET", **params})
        try:
            return self.answer(call)
        except RejectedError as error:
            if error.code == NO_DATA:
                return Answer()
            raise

    def post(
        self,
        path: str,
        body: Any,
        *,
        repeatable: bool,
        params: Mapping[str, str] | None = None,
        timeout: Timeout = WRITE,
    ) -> Answer:
        """Write ``body`` as JSON.

        :param repeatable: otherwise sent again only if it was certainly not executed.
        """
        headers = {"Content-Type": "application/json"}
        encoded = encode(body)
        return self.answer(
            Call("POST", path, timeout, params, encoded, headers=headers, repeatable=repeatable)
        )

    def answer(self, call: Call) -> Answer:
        """Make ``call`` and read its envelope."""
        return self.run(call, lambda response: answer_of(response, call.name, self.clock.now()))

    def run(self, call: Call, read: Callable[[requests.Response], Read]) -> Read:
        """Make ``call`` and return ``read`` of its response, repeating both where that is allowed.

        A refused token is renewed and the call replayed once: it was not executed.
        """
        policy = self._repeatable if call.repeatable else self._once
        outcome: Read = policy(self.attempt, call, read)
        return outcome

    def repeatedly(self, function: Callable[[], Read]) -> Read:
        """Return ``function()``, called again after temporary failures."""
        outcome: Read = self._repeatable(function)
        return outcome

    def attempt(self, call: Call, read: Callable[[requests.Response], Read]) -> Read:
        """Make ``call`` once, but for a refused token.

        What the answer asks for holds for all threads: after 606 none calls for the window's
        length, after 607 none until the quota is back.
        """
        self._refuse_when_spent(call)
        try:
            return self._with_token(call, read)
        except QuotaSpentError as error:
            if error.code == DAILY_QUOTA:
                self._spent = error
            raise
        except ThrottledError as error:
            if error.code in RATE_LIMITED and error.retry_after:
                self.transport.hold(error.retry_after)
            raise

    def _with_token(self, call: Call, read: Callable[[requests.Response], Read]) -> Read:
        token = self._tokens.current()
        try:
            return read(self._send(call, token))
        except TokenRefusedError:
            return read(self._send(call, self._tokens.renew(token)))

    def _refuse_when_spent(self, call: Call) -> None:
        """Make no call that cannot succeed and still counts (reference/marketo-rest.md 24)."""
        spent, now = self._spent, self.clock.now()
        if spent and spent.resets_at and now < spent.resets_at:
            raise quota_spent(DAILY_QUOTA, spent.detail, call.name, now)

    def _send(self, call: Call, token: str) -> requests.Response:
        return self.transport.send(
            call.method,
            call.path,
            params=urlencode(call.params, quote_via=quote) if call.params else None,
            data=call.data,
            files=call.files,
            headers={**(call.headers or {}), "Authorization": f"Bearer {token}"},
            timeout=call.timeout,
            stream=call.stream,
        )


def encode(body: Any) -> bytes:
    """Return JSON as compact UTF-8, the form whose size counts against the 1 MB limit."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _repeatable_attempts(error: BaseException) -> int:
    if isinstance(error, ThrottledError):
        return THROTTLED_ATTEMPTS
    if not isinstance(error, TransientApiError):
        return 1
    return 3 if error.code in _STUBBORN else TRANSIENT_ATTEMPTS


def _unexecuted_attempts(error: BaseException) -> int:
    unexecuted = isinstance(error, ThrottledError | NotSentError) or (
        isinstance(error, TransientApiError) and error.code in _NOT_EXECUTED
    )
    return _repeatable_attempts(error) if unexecuted else 1
