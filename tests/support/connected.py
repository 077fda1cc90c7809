"""The Dynamics client connected to a running sandbox."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from leadsync.dynamics.client import DynamicsClient, open_client
from leadsync.dynamics.connection import DynamicsConnection
from leadsync.http.ledger import MemoryLedger
from leadsync.model import Json, RowWrite
from support.sandbox import RunningSandbox
from support.web_api import ManualClock


def connection_to(running: RunningSandbox, secret: str | None = None) -> DynamicsConnection:
    return DynamicsConnection(
        running.url,
        running.client_id,
        secret or running.client_secret,
        running.tenant_id,
        authority=running.url,
        max_concurrency=2,
    )


class ConnectedOrganisation:
    """A running sandbox with a client to it and a ledger of the client's calls."""

    def __init__(self, running: RunningSandbox) -> None:
        self.control = running.control
        self.clock = ManualClock()
        self.clock.moment = datetime.now(UTC)
        self.ledger = MemoryLedger(self.clock)
        self.client: DynamicsClient = open_client(connection_to(running), self.ledger, self.clock)

    def calls(self) -> int:
        return self.ledger.calls().get("dynamics", 0)

    def create(self, table: str = "lead", **body: object) -> str:
        row_id = str(uuid4())
        (result,) = self.client.write_rows([RowWrite("create", table, row_id, dict(body))])
        assert result.status == "written", result
        return row_id

    def row(self, row_id: str, table: str = "lead", *columns: str) -> Json:
        (row,) = self.client.rows_by_id(table, [row_id], columns or ["createdon"])
        return row
