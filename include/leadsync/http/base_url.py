"""Base URLs of the two systems: what is accepted, and where absolute links may lead."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from leadsync.errors import ConfigurationError, RejectedError

_API_LABEL = re.compile(r"\.api\.crm(?=\d*\.)")


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
    """Return the URL to call: a path under ``base_url``, or a link of the same service.

    A link goes to our own host, whichever of its names the service wrote into it.

    :raises RejectedError: a link leads to another host, which must not see our token.
    """
    if path_or_url.startswith("/"):
        return base_url + path_or_url
    target, home = urlsplit(path_or_url), urlsplit(base_url)
    if same_service(path_or_url, base_url):
        place = path_or_url.partition("://")[2].partition("/")[2]
        return f"{home.scheme}://{home.netloc}/{place}"
    raise RejectedError(
        f"a link leads to {target.scheme}://{target.hostname}, away from {home.hostname}",
        system=system,
        call=target.path,
        remedy=f"Check that the base URL host {home.hostname} is the system's own name.",
    )


def same_service(link: str, base_url: str) -> bool:
    """Return whether ``link`` leads to the service at ``base_url``; a relative one does.

    Dataverse answers on ``org.crm.dynamics.com`` and ``org.api.crm.dynamics.com`` alike
    (reference/dataverse-webapi.md, placeholders); a proxy may hide the scheme from it.
    """
    target, home = urlsplit(link), urlsplit(base_url)
    return not target.netloc or _service(target) == _service(home)


def _service(parts: SplitResult) -> tuple[str, int | None]:
    host = parts.hostname or ""
    if is_loopback(host):
        host = "localhost"
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return _API_LABEL.sub(".crm", host), None if parts.port == default else parts.port
