"""The connections of the flow step and of the webhook."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.connection_form import Connection
from leadsync.errors import ConfigurationError
from leadsync.flow_step.access import FLOW_STEP, Access, access_of, callback_policy
from leadsync.flow_step.callback_url import CallbackPolicy

KEY = "0123456789abcdef"


def connection(password: str | None = KEY, **extra: Any) -> Connection:
    return Connection(FLOW_STEP, "generic", password=password, extra=extra)


def test_only_the_key_opens() -> None:
    access = access_of(connection())
    assert access.opens_for(KEY)
    assert not any(map(access.opens_for, [None, "", KEY[:-1], f"{KEY} ", KEY.upper(), "\udcff"]))


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(access_of(connection()))


@pytest.mark.parametrize("password", [None, "", "short", " " * 20])
def test_a_weak_key_is_refused(password: str | None) -> None:
    with pytest.raises(ConfigurationError, match=FLOW_STEP) as caught:
        access_of(connection(password))
    assert "at least 16" in caught.value.remedy


@pytest.mark.parametrize(
    ("extra", "policy"),
    [
        ({}, CallbackPolicy()),
        (
            {"callback_hosts": "A.example.com, b.example.com."},
            CallbackPolicy(("a.example.com", "b.example.com")),
        ),
        ({"callback_hosts": ["a.example.com"]}, CallbackPolicy(("a.example.com",))),
        ({"callback_loopback": True}, CallbackPolicy(loopback=True)),
        ({"callback_loopback": "true"}, CallbackPolicy(loopback=True)),
        ({"callback_loopback": "false"}, CallbackPolicy()),
    ],
)
def test_the_extra_says_where_callbacks_may_go(
    extra: dict[str, Any], policy: CallbackPolicy
) -> None:
    assert access_of(connection(**extra)).callbacks == policy


def test_without_a_connection_callbacks_go_to_marketo_alone() -> None:
    assert callback_policy(None) == CallbackPolicy()


@pytest.mark.parametrize("value", [7, [7], {"a": 1}.items()])
def test_hosts_that_are_no_list_are_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match="callback_hosts"):
        access_of(connection(callback_hosts=value))


def test_the_rate_is_a_positive_number() -> None:
    assert access_of(connection(calls_per_minute="60")) == Access(KEY, 60)
    for wrong in ("-1", "many", "0"):
        with pytest.raises(ConfigurationError, match="calls_per_minute"):
            access_of(connection(calls_per_minute=wrong))
