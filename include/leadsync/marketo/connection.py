"""Where Marketo is and how much of it we may use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from leadsync.errors import ConfigurationError
from leadsync.http.base_url import checked_base_url
from leadsync.http.limits import Limits, marketo_limits

_MUNCHKIN_ID = re.compile(r"\d{3}-[a-z]{3}-\d{3}", re.IGNORECASE)
_SUFFIXES = ("/rest", "/identity", "/bulk")


@dataclass(frozen=True, slots=True)
class MarketoConnection:
    """Address, credentials and limits of one Marketo instance.

    :param base_url: ``https://123-ABC-456.mktorest.com``; the endpoints that Marketo's admin page
        shows, ending in ``/rest`` or ``/identity``, are understood too.
    :param daily_call_share: our part of the instance's daily quota, above 0 up to 1.
    :param calls_per_20s: our part of the instance's 100 calls in 20 seconds.
    :param max_concurrency: our part of the instance's 10 calls at the same time.
    :param ca_bundle: path of a PEM file with a private certificate authority.
    :raises ConfigurationError: a value is missing or out of range.
    """

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    daily_call_share: float = 0.9
    calls_per_20s: int = 50
    max_concurrency: int = 5
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", _root(checked_base_url("marketo", self.base_url)))
        if not self.client_id or not self.client_secret:
            raise ConfigurationError(
                "marketo: client id or client secret is missing.",
                remedy="Set login and password of the connection to client id and client secret "
                "of the LaunchPoint service (Marketo: Admin, LaunchPoint).",
            )
        _within("daily_call_share", self.daily_call_share, 0.0001, 1)
        _within("calls_per_20s", self.calls_per_20s, 1, 100)
        _within("max_concurrency", self.max_concurrency, 1, 10)

    @property
    def instance(self) -> str:
        """The Munchkin id in the address, such as ``123-ABC-456``, or the host without one."""
        host = urlsplit(self.base_url).hostname or ""
        name = host.partition(".")[0]
        return name.upper() if _MUNCHKIN_ID.fullmatch(name) else host

    @property
    def limits(self) -> Limits:
        """Limits for the call ledger."""
        return marketo_limits(self.calls_per_20s, self.daily_call_share)


def _root(url: str) -> str:
    for suffix in _SUFFIXES:
        url = url.removesuffix(suffix)
    return url


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigurationError(
            f"marketo: {name} is {value}, outside of {least} to {most}.",
            remedy=f"Correct {name} in the connection's extra.",
        )
