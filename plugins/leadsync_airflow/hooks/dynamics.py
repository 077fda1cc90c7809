"""Airflow hook of the connection type ``dynamics365``, with its Test button.

The form's fields are declared with the provider (``leadsync_airflow.provider``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from leadsync.dynamics.client import DynamicsClient
    from leadsync.dynamics.connection import DynamicsConnection


class Dynamics365Hook(BaseHook):
    """Opens a client for one Dynamics 365 organisation.

    Host is the organisation's URL, login the client id, password the client secret; extras are
    ``tenant_id``, ``authority``, ``api_version``, ``max_concurrency`` and ``ca_bundle``.

    :param dynamics_conn_id: id of the Airflow connection.
    """

    conn_name_attr = "dynamics_conn_id"
    default_conn_name = "dynamics_default"
    conn_type = "dynamics365"
    hook_name = "Microsoft Dynamics 365"

    def __init__(self, dynamics_conn_id: str = default_conn_name, **options: Any) -> None:
        super().__init__(**options)
        self.dynamics_conn_id = dynamics_conn_id

    def connection(self) -> DynamicsConnection:
        """Return address and credentials out of the Airflow connection.

        :raises ConfigurationError: a field is missing or malformed; names it.
        """
        from leadsync.connections import dynamics_connection
        from leadsync_airflow.connections import from_airflow

        stored = self.get_connection(self.dynamics_conn_id)
        return dynamics_connection(from_airflow(self.dynamics_conn_id, stored))

    def get_conn(self) -> DynamicsClient:
        """Return a client that keeps count of its calls by itself.

        :raises ConfigurationError: a field is missing or malformed; names it.
        """
        from leadsync.clock import SystemClock
        from leadsync.dynamics.client import open_client
        from leadsync.http.ledger import MemoryLedger

        clock = SystemClock()
        return open_client(self.connection(), MemoryLedger(clock), clock)

    def test_connection(self) -> tuple[bool, str]:
        """Ask for a token and for our own identity; return success and what to show the user."""
        from leadsync.errors import LeadsyncError

        try:
            client = self.get_conn()
            identity = client.whoami()
        except LeadsyncError as error:
            return False, str(error)
        return True, (
            f"Connected to {client.connection.org_url} as application user {identity.user_id} "
            f"of organisation {identity.organization_id}."
        )
