"""The connection type ``dynamics365`` and its Test button."""

from __future__ import annotations

import json
import os

import pytest
from pytest_httpserver import HTTPServer

from leadsync.connections import dynamics_connection, required_connection
from leadsync.errors import ConfigurationError
from leadsync.redaction import redact
from leadsync_airflow.hooks.dynamics import Dynamics365Hook
from leadsync_airflow.provider import get_provider_info
from support.web_api import ScriptedOrganisation, json_response

WHO = {"UserId": "user-1", "BusinessUnitId": "b", "OrganizationId": "org-1"}


def store(monkeypatch: pytest.MonkeyPatch, host: str, **extra: object) -> None:
    content = {
        "conn_type": "dynamics365",
        "host": host,
        "login": "client",
        "password": "s3cret",
        "extra": {"tenant_id": "tenant", "authority": host, **extra},
    }
    monkeypatch.setenv("AIRFLOW_CONN_DYNAMICS_DEFAULT", json.dumps(content))


def test_the_provider_declares_this_hook() -> None:
    types = {one["connection-type"]: one for one in get_provider_info()["connection-types"]}

    declared = types[Dynamics365Hook.conn_type]
    assert declared["hook-class-name"] == f"{Dynamics365Hook.__module__}.Dynamics365Hook"
    assert declared["hook-name"] == Dynamics365Hook.hook_name


def test_the_fields_become_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    store(monkeypatch, "https://contoso.crm.dynamics.com/", max_concurrency="3", api_version="")

    connection = Dynamics365Hook().connection()

    assert connection.org_url == "https://contoso.crm.dynamics.com"
    assert connection.scope == "https://contoso.crm.dynamics.com/.default"
    assert (connection.max_concurrency, connection.api_version) == (3, "v9.2")
    assert "s3cret" not in repr(connection)


def test_hook_and_engine_read_one_connection_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    content = {
        "conn_type": "dynamics365",
        "host": "127.0.0.1",
        "port": 8702,
        "schema": "http",
        "login": " client ",
        "password": "s3cret-of-the-app",
        "extra": {"tenant_id": "tenant", "max_concurrency": "3"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_DYNAMICS_DEFAULT", json.dumps(content))

    connection = Dynamics365Hook().connection()

    assert connection == dynamics_connection(required_connection("dynamics_default", os.environ))
    assert connection.org_url == "http://127.0.0.1:8702"
    assert "s3cret-of-the-app" not in redact("sent s3cret-of-the-app")


def test_the_test_button_says_who_we_are(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    organisation = ScriptedOrganisation(httpserver)
    organisation.answer(json_response(WHO))
    store(monkeypatch, organisation.connection.org_url)

    success, message = Dynamics365Hook().test_connection()

    assert success
    assert "user-1" in message
    assert "org-1" in message


def test_the_test_button_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    organisation = ScriptedOrganisation(httpserver)
    refusal = {"error": "invalid_client", "error_codes": [7000215]}
    organisation.answer_token(json_response(refusal, 401))
    store(monkeypatch, organisation.connection.org_url)

    success, message = Dynamics365Hook().test_connection()

    assert not success
    assert "secret's value, not its id" in message


def test_a_missing_field_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    store(monkeypatch, "https://contoso.crm.dynamics.com", tenant_id="")

    assert Dynamics365Hook().test_connection()[0] is False
    with pytest.raises(ConfigurationError, match="extra tenant_id"):
        Dynamics365Hook().connection()
