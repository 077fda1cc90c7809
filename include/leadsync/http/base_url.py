"""Base URLs of the two systems: what is accepted, and where absolute links may lead."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from leadsync.errors import ConfigurationError, RejectedError


def checked_base_url(system: str, base_url: str) -> str:
    """Return ``base_url`` without a trailing slash.

    :raises ConfigurationError: it is no https URL (plain http is for loopback only), or carries
        credentials or a query.
    """
    parts = urlsplit(base_url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem = "is no URL with scheme and host"
    elif parts.username or parts.password or parts.query or parts.fragment:
        problem = "carries credentials, a query or a fragment"
    elif parts.scheme == "http" and not is_loopback(parts.hostname):
        problem = "is plain http, which would send secrets in the clear"
    else:
        return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
    raise ConfigurationError(
        f"{system}: the base URL with host {parts.hostname!r} {problem}.",
        remedy="Set the connection's host to https://<host of the instance>; "
        "http is accepted for localhost only.",
    )


def is_loopback(host: str) -> bool:
    """Return whether ``host`` is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def joined(system: str, base_url: str, path_or_url: str) -> str:
    """Return the URL to call: a path under ``base_url``, or a link of the same origin.

    :raises RejectedError: a link leads to another host, which must not see our token.
    """
    if path_or_url.startswith("/"):
        return base_url + path_or_url
    target, home = urlsplit(path_or_url), urlsplit(base_url)
    if _origin(target) == _origin(home):
        return path_or_url
    raise RejectedError(
        f"a link leads to {target.scheme}://{target.hostname}, away from {home.hostname}",
        system=system,
        call=target.path,
        remedy=f"Check that the base URL host {home.hostname} is the system's own name.",
    )


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or default
