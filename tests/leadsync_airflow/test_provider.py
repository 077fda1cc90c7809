"""The connection types as Airflow's own provider manager reads them."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any, cast

import jsonschema
import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from leadsync_airflow.provider import get_provider_info

FIELDS = {
    "marketo": {"daily_call_share", "calls_per_20s", "max_concurrency", "ca_bundle"},
    "dynamics365": {"tenant_id", "authority", "api_version", "max_concurrency", "ca_bundle"},
}


@pytest.fixture(scope="module")
def manager() -> Any:
    return cast("Any", ProvidersManager)()


def test_info_follows_airflows_schema() -> None:
    schema = json.loads(
        importlib.resources.files("airflow").joinpath("provider_info.schema.json").read_text()
    )
    jsonschema.validate(get_provider_info(), schema)


def test_airflow_finds_the_provider_by_its_entry_point(manager: Any) -> None:
    assert "leadsync" in manager.providers


@pytest.mark.parametrize("connection_type", FIELDS)
def test_form_has_the_fields_of_the_connection(manager: Any, connection_type: str) -> None:
    manager.initialize_providers_hooks()
    prefix = f"extra__{connection_type}__"
    shown = {
        name.removeprefix(prefix)
        for name in manager.connection_form_widgets
        if name.startswith(prefix)
    }
    assert shown == FIELDS[connection_type]
    behaviour = manager.field_behaviours[connection_type]
    assert set(behaviour["hidden_fields"]) == {"schema", "port"}
    assert behaviour["relabeling"]["password"] == "Client secret"


@pytest.mark.parametrize("connection_type", FIELDS)
def test_hook_can_be_imported_and_tested(connection_type: str) -> None:
    hook = cast("Any", ProvidersManagerTaskRuntime)().hooks[connection_type]
    assert hook is not None
    assert hook.connection_testable
