"""The outbox of callbacks, as the connections say."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from leadsync.clock import Clock
from leadsync.connections import MARKETO, find_connection
from leadsync.flow_step.access import FLOW_STEP, callback_policy
from leadsync.flow_step.delivery import Outbox
from leadsync.flow_step.sending import sender
from leadsync.state.port import StateStore


def open_outbox(store: StateStore, clock: Clock) -> Outbox:
    """Return the outbox.

    :raises ConfigurationError: the connection ``leadsync_flow_step`` is malformed.
    """
    connection = find_connection(FLOW_STEP, os.environ)
    bundle = connection.extra.get("ca_bundle") if connection else None
    send = sender(str(bundle) if bundle else None)
    return Outbox(store, clock, send, callback_policy(connection), own_munchkin_id())


def own_munchkin_id() -> str | None:
    """Return the id of the Marketo instance, which is the first part of its host name."""
    connection = find_connection(MARKETO, os.environ)
    host = connection.host or "" if connection else ""
    name = urlsplit(host if "://" in host else f"//{host}").hostname or ""
    return name.partition(".")[0].upper() if name.endswith(".mktorest.com") else None
