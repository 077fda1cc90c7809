"""Translation of connection failures into errors that say what to check."""

from __future__ import annotations

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from leadsync.errors import (
    ApiError,
    NotSentError,
    RejectedError,
    TransientApiError,
    UnreachableError,
)

_LOST_ANSWERS = (
    requests.exceptions.Timeout,
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


def translated(
    error: requests.RequestException, *, system: str, call: str, host: str, reached: bool
) -> ApiError:
    """Return the error to raise for ``error``; its text, which holds the URL, is never quoted.

    :param reached: whether ``host`` has answered before; if so, a refused connection is an outage
        and no wrong address.
    """
    if isinstance(error, requests.exceptions.SSLError) and not (reached and not _untrusted(error)):
        return UnreachableError(
            f"{host} offers no TLS connection that we trust",
            system=system,
            call=call,
            remedy="Check the host in the connection; for a private certificate authority set "
            "ca_bundle there to the path of its PEM file.",
        )
    if problem := before_sending(error):
        return _unconnected(problem, system, call, host, reached)
    if isinstance(error, _LOST_ANSWERS):
        return TransientApiError(
            f"the answer did not arrive in full ({type(error).__name__}); outcome unknown",
            system=system,
            call=call,
        )
    return RejectedError(
        f"the request could not be built ({type(error).__name__})",
        system=system,
        call=call,
        remedy="Check the connection's base URL and credentials for stray characters.",
    )


def _unconnected(problem: str, system: str, call: str, host: str, reached: bool) -> ApiError:
    if reached:
        return NotSentError(f"{host} answered before, but now {problem}", system=system, call=call)
    return UnreachableError(
        f"{host}: {problem}",
        system=system,
        call=call,
        remedy="Check the host in the connection, name resolution, firewall and proxy.",
    )


def before_sending(error: requests.RequestException) -> str:
    """Return what failed when no byte was sent, or nothing."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refused the connection"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "the connection timed out"
    reason = _reason(error)
    if isinstance(reason, NameResolutionError):
        return "the name cannot be resolved"
    return "the connection was refused" if isinstance(reason, NewConnectionError) else ""


def _reason(error: requests.RequestException) -> BaseException | None:
    inner = error.args[0] if error.args else None
    return inner.reason if isinstance(inner, MaxRetryError) else None


def _untrusted(error: requests.RequestException) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error)
