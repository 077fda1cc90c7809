"""Fields of a connection."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.dynamics.connection import DynamicsConnection
from leadsync.errors import ConfigurationError


def from_fields(**changes: Any) -> DynamicsConnection:
    fields = {"host": "contoso.crm.dynamics.com", "login": "id", "password": "secret"} | changes
    extra = fields.pop("extra", {"tenant_id": "t"})
    return DynamicsConnection.from_fields(**fields, extra=extra)


def test_a_host_alone_is_taken_as_https() -> None:
    assert from_fields().org_url == "https://contoso.crm.dynamics.com"


def test_the_authority_of_a_sovereign_cloud_is_kept() -> None:
    connection = from_fields(
        extra={"tenant_id": "t", "authority": "https://login.microsoftonline.us/"}
    )

    assert connection.authority == "https://login.microsoftonline.us"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": ""}, "host"),
        ({"login": None}, "login"),
        ({"password": None}, "password"),
        ({"extra": {}}, "tenant_id"),
        ({"extra": {"tenant_id": "t", "max_concurrency": "0"}}, "max_concurrency"),
        ({"extra": {"tenant_id": "t", "max_concurrency": "many"}}, "max_concurrency"),
        ({"host": "https://contoso.crm.dynamics.com/api/data/v9.2"}, "has a path"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        from_fields(**changes)


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(from_fields(password="hush")).replace("client_secret", "")
    assert "hush" not in repr(from_fields(password="hush"))
