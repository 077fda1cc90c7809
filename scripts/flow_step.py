"""The flow step and the webhook of ``make run``: their keys are made up, stored, and shown."""

from __future__ import annotations

import json
import secrets

from rich.console import Console

from leadsync.flow_step.access import FLOW_STEP, WEBHOOK
from scripts.airflow_api import AirflowApi, Json
from scripts.airflow_env import airflow_home, kept

HEADER = "x-api-key"
#: The stand-in of Marketo listens on this machine, so callbacks must be able to get there.
_EXTRA = {FLOW_STEP: {"callback_loopback": True}, WEBHOOK: {}}


def key_of(connection_id: str) -> str:
    """Return the key of a connection, made up the first time."""
    return kept(airflow_home() / f"{connection_id}.key", lambda: secrets.token_hex(24))


def connect(api: AirflowApi) -> None:
    """Store both connections in Airflow, but keep those that are there."""
    for connection_id in _EXTRA:
        if api.connection(connection_id) is None:
            api.put_connection(connection_body(connection_id))


def connection_body(connection_id: str) -> Json:
    """Return the connection as Airflow's REST API takes it."""
    return {
        "connection_id": connection_id,
        "conn_type": "generic",
        "password": key_of(connection_id),
        "extra": json.dumps(_EXTRA[connection_id]),
        "description": "Made by make run: the password is the key that callers show.",
    }


def tell(console: Console, api: AirflowApi) -> None:
    """Show how Marketo, or anybody in its place, calls."""
    console.print("\nMake a person a lead within seconds, as a Marketo campaign would:")
    console.print(
        f"  curl -X POST {api.base_url}/leadsync/webhook/sync-person "
        f"-H '{HEADER}: {key_of(WEBHOOK)}' -d '{{\"leadId\": 1001}}'"
    )
    console.print(
        f"Marketo's self-service flow step: {api.base_url}/leadsync/ssfs/openapi.json, "
        f"API key {key_of(FLOW_STEP)}"
    )
