"""Use of the quota by all integrations (reference/marketo-rest.md 15; S114)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import QuotaSpentError
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.usage import Usage, errors_today, usage_last_week
from support.sandbox import RunningSandbox


def test_users_are_told_apart(scripted: Any) -> None:
    users = [{"userId": "api@x.com", "count": 200}]
    scripted.marketo.will_answer(
        {"result": [{"date": "2026-01-31", "total": 1120, "users": users}]},
        {
            "result": [
                {"date": "2026-01-31", "total": 1, "errors": [{"errorCode": "604", "count": 1}]}
            ]
        },
    )
    assert scripted.client.usage_today() == Usage("2026-01-31", 1120, {"api@x.com": 200})
    assert errors_today(scripted.client.session) == {"604": 1}


def test_calls_are_counted(sandboxed: MarketoClient) -> None:
    sandboxed.describe()
    usage = sandboxed.usage_today()
    assert usage is not None
    assert usage.total >= 1
    assert usage_last_week(sandboxed.session)


def test_a_spent_quota_is_told_with_its_reset(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    marketo_sandbox.control.settings(daily_quota=1)
    sandboxed.describe()
    with pytest.raises(QuotaSpentError, match="goes on by itself after") as caught:
        sandboxed.describe()
    assert caught.value.resets_at is not None
