"""Runs that fail and recover, as people hear of them: DAG, engine, state store and mail server."""

from __future__ import annotations

import os

import pytest

from support.dag_runs import runner, states
from support.receivers import Mailbox, body_of, smtp_server
from support.synced import Synced


def test_broken_connection_is_one_mail_and_its_mending_another(
    metadata: None, synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S114 in whole runs."""
    mailbox = Mailbox()
    with smtp_server(mailbox) as connection:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", connection)
        monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com")
        run = runner("lead_sync")
        working = os.environ["AIRFLOW_CONN_MARKETO_DEFAULT"]
        monkeypatch.setenv("AIRFLOW_CONN_MARKETO_DEFAULT", '{"conn_type": "marketo"}')
        for _ in range(2):
            assert states(run())["open_cycle"] == "failed"
        monkeypatch.setenv("AIRFLOW_CONN_MARKETO_DEFAULT", working)
        for _ in range(2):
            assert set(states(run()).values()) == {"success"}
    assert mailbox.subjects == [
        "leadsync: lead_sync.open_cycle failed",
        "leadsync: lead_sync has recovered",
    ]
    failed, over = map(body_of, mailbox.messages)
    assert "Connection marketo_default lacks host" in failed
    assert "Set it, for example" in failed
    assert "open_cycle, 2 times" in over
