"""What a connection accepts and hides."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import ConfigurationError
from leadsync.http.limits import Window
from leadsync.marketo.connection import MarketoConnection

HOST = "https://123-ABC-456.mktorest.com"


@pytest.mark.parametrize("suffix", ["", "/", "/rest", "/rest/", "/identity"])
def test_the_admin_page_endpoints_are_understood(suffix: str) -> None:
    assert MarketoConnection(HOST + suffix, "client", "s3cret").base_url == HOST


def test_the_secret_stays_out_of_repr() -> None:
    assert "s3cret" not in repr(MarketoConnection(HOST, "client", "s3cret"))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"client_secret": ""}, "client secret"),
        ({"client_id": ""}, "client id"),
        ({"daily_call_share": 90}, "daily_call_share is 90"),
        ({"daily_call_share": 0}, "daily_call_share is 0"),
        ({"calls_per_20s": 101}, "calls_per_20s is 101"),
        ({"max_concurrency": 11}, "max_concurrency is 11"),
    ],
)
def test_values_out_of_range_are_named(fields: dict[str, Any], named: str) -> None:
    whole = {"base_url": HOST, "client_id": "client", "client_secret": "s3cret", **fields}
    with pytest.raises(ConfigurationError, match=named):
        MarketoConnection(**whole)


def test_limits_follow_the_connection() -> None:
    limits = MarketoConnection(HOST, "c", "s", daily_call_share=0.5, calls_per_20s=10).limits
    assert limits.day_budget == 25_000
    assert limits.windows == (Window(10, 20.0),)
