"""State store and clients as the connections say, without the engine that works on them.

Web server and triggerer need no more; what the engine needs takes seconds to import.
"""

from __future__ import annotations

import os

from leadsync.clock import Clock
from leadsync.connections import (
    DYNAMICS,
    MARKETO,
    STATE,
    dynamics_connection,
    find_connection,
    marketo_connection,
    required_connection,
    store_url,
)
from leadsync.dynamics.client import DynamicsClient
from leadsync.dynamics.client import open_client as open_dynamics
from leadsync.http.limits import Limits, dynamics_limits, marketo_limits
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.client import open_client as open_marketo
from leadsync.ports import CallLedger
from leadsync.settings import Settings, load_settings
from leadsync.state.ledger import SqlCallLedger
from leadsync.state.open import open_store
from leadsync.state.store import SqlStateStore


def open_state(settings: Settings | None = None) -> SqlStateStore:
    """Open the state store that the connection ``leadsync_db`` names, or the local file."""
    connection = find_connection(STATE, os.environ)
    return open_store(store_url(connection, settings or load_settings()))


def build_ledger(store: SqlStateStore, clock: Clock) -> SqlCallLedger:
    """Return the call ledger that all workers share."""
    marketo = marketo_connection(required_connection(MARKETO, os.environ))
    limits: dict[str, Limits] = {
        "marketo": marketo_limits(marketo.calls_per_20s, marketo.daily_call_share),
        "dynamics": dynamics_limits(),
    }
    return SqlCallLedger(store.engine, clock, limits)


def marketo_client(ledger: CallLedger, clock: Clock) -> MarketoClient:
    """Return the client of the connection ``marketo_default``."""
    connection = marketo_connection(required_connection(MARKETO, os.environ))
    return open_marketo(connection, ledger, clock)


def dynamics_client(ledger: CallLedger, clock: Clock) -> DynamicsClient:
    """Return the client of the connection ``dynamics_default``."""
    connection = dynamics_connection(required_connection(DYNAMICS, os.environ))
    return open_dynamics(connection, ledger, clock)
