"""Where callbacks may go: nobody makes leadsync call a host of their choice (SSRF)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from leadsync.http.base_url import is_loopback

#: Marketo's own domains; a callback goes to a host below one of them (marketo-rest.md 18.3).
MARKETO_DOMAINS = ("adobe.io", "adobe.com", "marketo.com", "mktorest.com")
LONGEST_URL = 4096


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """Which callback URLs are called.

    :param hosts: further hosts, exactly as they are named.
    :param loopback: whether this machine may be called, also in plain http; for stand-ins.
    """

    hosts: tuple[str, ...] = ()
    loopback: bool = False

    def refusal(self, url: str) -> str | None:
        """Return why ``url`` is not called, or ``None`` when it may be."""
        if len(url) > LONGEST_URL or not url.isascii() or any(c <= " " or c == "\\" for c in url):
            return "is no URL"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return "is no URL"
        if parts.username is not None or parts.password is not None:
            return "carries credentials"
        host = (parts.hostname or "").rstrip(".").lower()
        if is_loopback(host):
            return self._refusal_of_loopback(parts)
        if parts.scheme != "https":
            return "is not https"
        if host in self.hosts:
            return None
        if not any(host.endswith(f".{domain}") for domain in MARKETO_DOMAINS):
            return "leads to a host that is not allowed"
        return None if port in (None, 443) else "leads to a port that is not allowed"

    def _refusal_of_loopback(self, parts: SplitResult) -> str | None:
        if not self.loopback:
            return "leads to a host that is not allowed"
        return None if parts.scheme in ("http", "https") else "is neither http nor https"
