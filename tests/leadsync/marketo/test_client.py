"""The client as the cycle sees it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from leadsync.clock import SystemClock
from leadsync.errors import UnreachableError
from leadsync.http.ledger import MemoryLedger
from leadsync.marketo.client import MarketoClient, open_client
from leadsync.marketo.connection import MarketoConnection
from leadsync.ports import MarketoApi
from support.sandbox import RunningSandbox


def test_the_client_is_what_the_cycle_asks_for(sandboxed: MarketoClient) -> None:
    api: MarketoApi = sandboxed
    assert api.batch_size == 300


def test_an_empty_cycle_costs_three_calls(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    token = sandboxed.paging_token(datetime.now(UTC) - timedelta(minutes=1))
    marketo_sandbox.control.clear_journal()
    sandboxed.lead_changes(token, ["title", "email"])
    sandboxed.deleted_leads(token)
    sandboxed.activities(token, [32])
    assert marketo_sandbox.control.stats()["calls"]["all"] == 3


def test_a_thousand_changes_cost_the_fewest_calls_possible(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    records = [{"email": f"p{number}@x.com", "title": "CTO"} for number in range(1200)]
    marketo_sandbox.control.load(leads=records)
    sandboxed.describe()
    marketo_sandbox.control.clear_journal()
    for start in range(0, 1200, 300):
        sandboxed.sync_persons("createOrUpdate", "email", records[start : start + 300])
    assert marketo_sandbox.control.stats()["calls"]["all"] == 4


def test_secrets_and_addresses_stay_out_of_the_log(
    marketo_sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SystemClock()
    connection = MarketoConnection(
        marketo_sandbox.url, marketo_sandbox.client_id, marketo_sandbox.client_secret
    )
    client = open_client(connection, MemoryLedger(clock), clock)
    with caplog.at_level(logging.DEBUG):
        client.persons("email", ["ann@example.com"], ["email"])
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.split(".")[0] in ("leadsync", "urllib3", "requests")
    ]
    assert ours
    assert not any(marketo_sandbox.client_secret in text for text in ours)
    assert not any("ann" in text for text in ours)


def test_a_wrong_host_says_what_to_check() -> None:
    clock = SystemClock()
    connection = MarketoConnection("https://000-XXX-000.invalid", "client", "s3cret")
    client = open_client(connection, MemoryLedger(clock), clock)
    with pytest.raises(UnreachableError, match=r"000-XXX-000\.invalid.*Check the host"):
        client.describe()
