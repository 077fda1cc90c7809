"""The connection type ``marketo`` and its Test button."""

from __future__ import annotations

import json
import os

import pytest

from leadsync.connections import marketo_connection, required_connection
from leadsync.errors import ConfigurationError
from leadsync.redaction import redact
from leadsync_airflow.hooks.marketo import MarketoHook
from leadsync_airflow.provider import get_provider_info
from support.sandbox import RunningSandbox

HOST = "https://123-ABC-456.mktorest.com"


def store(
    monkeypatch: pytest.MonkeyPatch, host: str, login: str = "client", **extra: object
) -> None:
    content = {
        "conn_type": "marketo",
        "host": host,
        "login": login,
        "password": "sandbox-marketo-secret",
        "extra": extra,
    }
    monkeypatch.setenv("AIRFLOW_CONN_MARKETO_DEFAULT", json.dumps(content))


def test_the_provider_declares_this_hook() -> None:
    types = {one["connection-type"]: one for one in get_provider_info()["connection-types"]}

    declared = types[MarketoHook.conn_type]
    assert declared["hook-class-name"] == f"{MarketoHook.__module__}.MarketoHook"
    assert declared["hook-name"] == MarketoHook.hook_name


def test_the_fields_become_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    store(monkeypatch, HOST, daily_call_share="0.5", calls_per_20s="40", max_concurrency=3)

    connection = MarketoHook().connection()

    assert (connection.base_url, connection.client_id) == (HOST, "client")
    assert (connection.daily_call_share, connection.calls_per_20s) == (0.5, 40)
    assert (connection.max_concurrency, connection.ca_bundle) == (3, None)
    assert "secret" not in repr(connection).replace("client_secret", "")


def test_hook_and_engine_read_one_connection_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "marketo://http://client:Zq8-secret@127.0.0.1:8701/?max_concurrency=3&calls_per_20s="
    monkeypatch.setenv("AIRFLOW_CONN_MARKETO_DEFAULT", uri)

    connection = MarketoHook().connection()

    assert connection == marketo_connection(required_connection("marketo_default", os.environ))
    assert (connection.base_url, connection.max_concurrency) == ("http://127.0.0.1:8701", 3)
    assert "Zq8" not in redact("sent Zq8-secret")


def test_a_wrong_field_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    store(monkeypatch, HOST, calls_per_20s="many")

    with pytest.raises(ConfigurationError, match="calls_per_20s"):
        MarketoHook().connection()


def test_the_test_button_says_what_can_be_read(
    monkeypatch: pytest.MonkeyPatch, marketo_sandbox: RunningSandbox
) -> None:
    store(monkeypatch, marketo_sandbox.url, marketo_sandbox.client_id)

    success, message = MarketoHook().test_connection()

    assert success
    assert "person fields can be read" in message


@pytest.mark.parametrize(
    ("host", "told"), [("http://127.0.0.1:1", "refused"), ("http://example.com", "https://")]
)
def test_the_test_button_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, host: str, told: str
) -> None:
    store(monkeypatch, host)

    success, message = MarketoHook().test_connection()

    assert not success
    assert told in message
    assert "sandbox-marketo-secret" not in message
