"""One pooled, bounded, counted connection to a system; every call is a single attempt."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from leadsync.clock import Clock
from leadsync.errors import ConfigurationError, RejectedError
from leadsync.http.base_url import checked_base_url, joined
from leadsync.http.failures import translated
from leadsync.http.quiet import silence_queries
from leadsync.model import System
from leadsync.ports import CallLedger


class HttpTransport:
    """Sends calls to one host; safe to share between threads.

    Cookies are dropped (they would pin Dataverse to one server), redirects are refused, the
    machine's ``netrc`` is ignored.

    :param ledger: asked before each counted call.
    :param ca_bundle: path of a PEM file; ``None``: the public authorities.
    :param max_concurrency: most calls at the same time.
    :ivar clock_ahead: how far the system's clock was ahead of ours at its last answer, to the
        second; ``None`` while it has told none.
    :raises ConfigurationError: the base URL is not acceptable.
    """

    def __init__(
        self,
        system: System,
        base_url: str,
        *,
        ledger: CallLedger,
        clock: Clock,
        ca_bundle: str | None = None,
        max_concurrency: int = 5,
    ) -> None:
        self.system: System = system
        self.base_url = checked_base_url(system, base_url)
        self.clock = clock
        self.max_concurrency = max_concurrency
        self._host = urlsplit(self.base_url).netloc
        self._ledger = ledger
        self._verify: str | bool = _existing(ca_bundle) if ca_bundle else True
        self._slots = threading.BoundedSemaphore(max_concurrency)
        self._session = _pooled_session(max_concurrency)
        self.clock_ahead: timedelta | None = None
        self._reached = False
        self._held_until = clock.now()
        silence_queries()

    def send(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Mapping[str, Any] | str | None = None,
        data: Mapping[str, Any] | bytes | str | None = None,
        json: Any = None,
        files: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: tuple[float, float],
        counted: bool = True,
        stream: bool = False,
    ) -> requests.Response:
        """Make one call and return the answer, whatever its status.

        :param path_or_url: a path starting with ``/``, or an absolute link of the same service.
        :param params: a mapping, or a query that is encoded already.
        :param timeout: seconds to connect, seconds between two bytes of the answer.
        :param counted: whether the call counts in the system's quota (token calls do not).
        :param stream: the body is left to :meth:`chunks`; the slot is free again by then.
        :raises UnreachableError: nothing was sent: wrong host, refused, TLS not accepted.
        :raises NotSentError: the same for a host that has answered before.
        :raises TransientApiError: the answer was lost; a write may have happened.
        :raises QuotaSpentError: the ledger has no call left today.
        """
        url = joined(self.system, self.base_url, path_or_url)
        request = requests.Request(
            method,
            url,
            params=params,
            data=data,
            json=json,
            files=files,
            headers=dict(headers or {}),
        )
        with self._slots:
            if counted:
                self._await_release()
                self._ledger.acquire(self.system)
            return self._attempt(request, timeout, stream)

    def hold(self, seconds: float) -> None:
        """Send no counted call for ``seconds``, from any thread: the system asked to slow down."""
        until = self.clock.now() + timedelta(seconds=seconds)
        self._held_until = max(self._held_until, until)

    def chunks(self, response: requests.Response, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield the body of a streamed answer, undoing its content encoding.

        :raises TransientApiError: the connection broke on the way.
        """
        failure: Exception | None = None
        try:
            yield from response.iter_content(size)
        except requests.RequestException as error:
            failure = self._failure(error, response.request.method or "", response.url)
        finally:
            response.close()
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _await_release(self) -> None:
        while (left := (self._held_until - self.clock.now()).total_seconds()) > 0:
            self.clock.sleep(left)

    def _attempt(
        self, request: requests.Request, timeout: tuple[float, float], stream: bool
    ) -> requests.Response:
        # Raised outside the handler: the library's own error, whose text holds the query, must not
        # travel along as context.
        try:
            prepared = self._session.prepare_request(request)
            settings = self._session.merge_environment_settings(
                prepared.url or "", {}, stream, self._verify, None
            )
            settings["verify"] = self._verify if self._verify is not True else settings["verify"]
            response = self._session.send(
                prepared, timeout=timeout, allow_redirects=False, **settings
            )
        except requests.RequestException as error:
            failure = self._failure(error, request.method, request.url)
        else:
            self._reached = True
            self._compare_clocks(response)
            return self._unredirected(response, request)
        raise failure

    def _compare_clocks(self, response: requests.Response) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", "")).replace(tzinfo=UTC)
        except ValueError:
            return
        self.clock_ahead = theirs - self.clock.now().replace(microsecond=0)

    def _failure(self, error: requests.RequestException, method: str, url: str) -> Exception:
        return translated(
            error,
            system=self.system,
            call=call_name(method, url),
            host=self._host,
            reached=self._reached,
        )

    def _unredirected(
        self, response: requests.Response, request: requests.Request
    ) -> requests.Response:
        if not response.is_redirect:
            return response
        response.close()
        target = urlsplit(response.headers["Location"]).hostname or self._host
        raise RejectedError(
            f"redirected to {target}",
            system=self.system,
            call=call_name(request.method, request.url),
            code=str(response.status_code),
            remedy=f"Check the base URL: {self._host} does not serve the API itself.",
        )


def call_name(method: str, url: str) -> str:
    """Return verb and path of a call, without host and query, for messages and logs."""
    return f"{method} {urlsplit(url).path}"


def _existing(ca_bundle: str) -> str:
    if Path(ca_bundle).is_file():
        return ca_bundle
    raise ConfigurationError(
        f"ca_bundle {ca_bundle!r} is no file.",
        remedy="Set ca_bundle in the connection's extra to the path of a PEM file, or remove it.",
    )


def _pooled_session(size: int) -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "leadsync", "Accept-Encoding": "gzip"})
    session.auth = _keep_headers
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=size, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that changes nothing: it keeps ``netrc`` from replacing our header."""
    return request
