"""The connections of the flow step and of the webhook: who may call, how often, and callbacks."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from leadsync.connection_form import Connection
from leadsync.errors import ConfigurationError
from leadsync.flow_step.callback_url import CallbackPolicy

FLOW_STEP = "leadsync_flow_step"
WEBHOOK = "leadsync_webhook"
SHORTEST_KEY = 16
DEFAULT_CALLS_PER_MINUTE = 6000


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection allows its callers.

    :param key: what a caller must show.
    :param calls_per_minute: most calls that each process of the API server takes.
    """

    key: str = field(repr=False)
    calls_per_minute: int = DEFAULT_CALLS_PER_MINUTE
    callbacks: CallbackPolicy = field(default_factory=CallbackPolicy)

    def opens_for(self, key: str | None) -> bool:
        """Tell whether ``key`` is the right one, in the same time for any wrong one."""
        shown = (key or "").encode("utf-8", "replace")
        return hmac.compare_digest(shown, self.key.encode())


def access_of(connection: Connection) -> Access:
    """Return what the connection allows; its password is the key.

    :raises ConfigurationError: the password is missing or too short, or an extra is malformed.
    """
    key = (connection.password or "").strip()
    if len(key) < SHORTEST_KEY:
        raise ConfigurationError(
            f"The password of connection {connection.conn_id}, which callers must show as their "
            f"key, has {len(key)} characters.",
            remedy=f"Set one of at least {SHORTEST_KEY}, such as the output of: "
            "openssl rand -hex 24",
        )
    return Access(key, _calls(connection), callback_policy(connection))


def callback_policy(connection: Connection | None) -> CallbackPolicy:
    """Return where callbacks may go; without a connection only to Marketo's own domains.

    :raises ConfigurationError: the extra ``callback_hosts`` is malformed.
    """
    extra = connection.extra if connection else {}
    hosts = extra.get("callback_hosts") or []
    listed = hosts.split(",") if isinstance(hosts, str) else hosts
    if not isinstance(listed, Iterable) or not all(isinstance(host, str) for host in listed):
        raise ConfigurationError(
            f"Extra callback_hosts of connection {FLOW_STEP} is no list of host names.",
            remedy='Set it, for example, to "proxy.example.com, other.example.com".',
        )
    names = tuple(name for host in listed if (name := host.strip().rstrip(".").lower()))
    return CallbackPolicy(names, loopback=_is_true(extra.get("callback_loopback")))


def _calls(connection: Connection) -> int:
    value = connection.extra.get("calls_per_minute") or DEFAULT_CALLS_PER_MINUTE
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ConfigurationError(
            f"Extra calls_per_minute of connection {connection.conn_id} is no positive number.",
            remedy="Set it to a number such as 6000, or leave it out.",
        )
    return int(text)


def _is_true(value: Any) -> bool:
    return value is True or str(value).strip().casefold() in ("true", "yes", "1")
