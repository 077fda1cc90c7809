"""Airflow hook of the connection type ``marketo``, with its Test button.

The form's fields are declared with the provider (``leadsync_airflow.provider``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from leadsync.marketo.client import MarketoClient
    from leadsync.marketo.connection import MarketoConnection


class MarketoHook(BaseHook):
    """Opens a client for one Marketo instance.

    Host is the base URL, login the client id, password the client secret; extras are
    ``daily_call_share``, ``calls_per_20s``, ``max_concurrency`` and ``ca_bundle``.

    :param marketo_conn_id: id of the Airflow connection.
    """

    conn_name_attr = "marketo_conn_id"
    default_conn_name = "marketo_default"
    conn_type = "marketo"
    hook_name = "Marketo Engage"

    def __init__(self, marketo_conn_id: str = default_conn_name, **options: Any) -> None:
        super().__init__(**options)
        self.marketo_conn_id = marketo_conn_id

    def connection(self) -> MarketoConnection:
        """Return address, credentials and limits out of the Airflow connection.

        :raises ConfigurationError: a field is missing or malformed; names it.
        """
        from leadsync.connections import marketo_connection
        from leadsync_airflow.connections import from_airflow

        stored = self.get_connection(self.marketo_conn_id)
        return marketo_connection(from_airflow(self.marketo_conn_id, stored))

    def get_conn(self) -> MarketoClient:
        """Return a client that keeps count of its calls by itself.

        :raises ConfigurationError: a field is missing or malformed; names it.
        """
        from leadsync.clock import SystemClock
        from leadsync.http.ledger import MemoryLedger
        from leadsync.marketo.client import open_client

        clock, connection = SystemClock(), self.connection()
        ledger = MemoryLedger(clock, {"marketo": connection.limits})
        return open_client(connection, ledger, clock)

    def test_connection(self) -> tuple[bool, str]:
        """Ask for a token and for the person schema; return success and what to show the user."""
        from leadsync.errors import LeadsyncError

        try:
            client = self.get_conn()
            fields = client.describe()
        except LeadsyncError as error:
            return False, str(error)
        address = client.session.transport.base_url
        return True, f"Connected to {address}: {len(fields)} person fields can be read."
