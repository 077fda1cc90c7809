"""Assets: every task that touches a system names it, and OpenLineage gets its real address."""

from __future__ import annotations

from typing import Any, cast

import pytest
from airflow.sdk import Asset
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from leadsync_airflow import assets

ALL = {*assets.CYCLE_READ, *assets.CYCLE_WRITTEN}


def test_uris_are_used_as_they_are_and_differ() -> None:
    assert len({asset.uri for asset in ALL}) == len({asset.name for asset in ALL}) == 9
    assert assets.LEADS.uri == "x-dynamics365://dynamics_default/lead"


@pytest.mark.parametrize(
    ("asset", "namespace", "name"),
    [
        (assets.PERSONS, "marketo://123-abc-456.mktorest.com", "persons"),
        (assets.LEADS, "dynamics365://dynamics_default", "lead"),
    ],
)
def test_openlineage_names_the_system(
    asset: Asset, namespace: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_MARKETO_DEFAULT",
        '{"conn_type": "marketo", "host": "https://123-abc-456.mktorest.com"}',
    )
    monkeypatch.delenv("AIRFLOW_CONN_DYNAMICS_DEFAULT", raising=False)
    assert assets.openlineage_name(asset) == (namespace, name)


def test_openlineage_finds_the_converter_by_scheme() -> None:
    manager: Any = cast("Any", ProvidersManagerTaskRuntime)()
    for asset in ALL:
        scheme = asset.uri.partition(":")[0]
        assert manager.asset_to_openlineage_converters[scheme] is assets.to_openlineage
        assert asset.normalized_uri == asset.uri
