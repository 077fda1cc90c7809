"""Alerts of a task that failed for good: a log line, and an e-mail that a real SMTP server gets."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from email.message import Message
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from airflow.sdk import DagRunState

from leadsync.errors import ConfigurationError
from leadsync_airflow.alerts import log_failure, mail_failure

ERROR = ConfigurationError("mapping.yaml: field <titel> is unknown.", remedy="Write title.")


class Mailbox(MessageHandler):
    """Keeps the messages that arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        f"smtp://127.0.0.1:{port}?disable_tls=true&disable_ssl=true&from_email=airflow@example.com",
    )
    yield box
    server.stop()


@pytest.fixture
def context() -> dict[str, Any]:
    task = SimpleNamespace(
        dag_id="lead_sync",
        task_id="open_cycle",
        run_id="manual__1",
        log_url="http://airflow/log",
        get_previous_dagrun=lambda: SimpleNamespace(state="success"),
    )
    return {"task_instance": task, "exception": ERROR}


def test_log_line_names_task_error_and_remedy(
    context: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        log_failure(context)
    assert "lead_sync.open_cycle failed in run manual__1" in caplog.text
    assert "Remedy: Write title." in caplog.text


def test_mail_reaches_every_recipient(
    context: dict[str, Any], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com, crm@example.com")
    mail_failure(context)
    (message,) = mailbox.messages
    assert message["Subject"] == "leadsync: lead_sync.open_cycle failed"
    assert "ops@example.com" in message["To"]
    assert "crm@example.com" in message["To"]
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    text = b"".join(part for part in parts if isinstance(part, bytes)).decode()
    assert "&lt;titel&gt;" in text
    assert "http://airflow/log" in text


def test_s114_outage_is_one_mail_and_not_one_for_every_run(
    context: dict[str, Any], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S114: back off, alert once."""
    monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com")
    task = context["task_instance"]
    for before in (
        None,
        SimpleNamespace(state=DagRunState.FAILED),
        SimpleNamespace(state="failed"),
    ):
        task.get_previous_dagrun = lambda run=before: run
        mail_failure(context)
    assert len(mailbox.messages) == 1


def test_no_mail_without_recipients(
    context: dict[str, Any], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADSYNC_ALERT_EMAIL", raising=False)
    mail_failure(context)
    assert mailbox.messages == []


def test_missing_connection_is_told_and_hides_no_failure(
    context: dict[str, Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSYNC_ALERT_EMAIL", "ops@example.com")
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    with caplog.at_level(logging.ERROR):
        mail_failure(context)
    assert "Check the connection smtp_default" in caplog.text
