"""Companies (reference/marketo-rest.md 10)."""

from __future__ import annotations

from typing import Any

import pytest

from leadsync.errors import RejectedError
from leadsync.marketo.client import MarketoClient
from leadsync.marketo.companies import CompanyResult
from leadsync.model import RecordError
from support.sandbox import RunningSandbox


def test_results_follow_seq(scripted: Any) -> None:
    reasons = [{"code": "1003", "message": "bad"}]
    scripted.marketo.will_answer(
        {
            "result": [
                {"seq": 1, "status": "skipped", "reasons": reasons},
                {"seq": 0, "id": 5, "status": "created"},
            ]
        }
    )
    records = [{"externalCompanyId": "a"}, {"externalCompanyId": "b"}]
    assert scripted.client.sync_companies(records) == [
        CompanyResult("created", 5),
        CompanyResult("skipped", None, (RecordError("1003", "bad"),)),
    ]


@pytest.mark.parametrize(
    "records", [[{"company": "x"}], [{"externalCompanyId": "a"}] * 2, [{}] * 301]
)
def test_keys_are_needed_and_unique(scripted: Any, records: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="each with its own externalCompanyId"):
        scripted.client.sync_companies(records)


def test_companies_are_written_and_read(sandboxed: MarketoClient) -> None:
    records = [{"externalCompanyId": "acc-1", "company": "Acme"}]
    assert [one.status for one in sandboxed.sync_companies(records)] == ["created"]
    assert [one.status for one in sandboxed.sync_companies(records)] == ["updated"]
    (found,) = sandboxed.companies(["acc-1", "nobody"], ["externalCompanyId", "company"])
    assert found["company"] == "Acme"
    assert sandboxed.sync_companies([]) == []


def test_a_native_crm_sync_in_the_way_is_named(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    marketo_sandbox.control.settings(native_crm=True)
    with pytest.raises(RejectedError, match="Switch the native CRM sync off"):
        sandboxed.sync_companies([{"externalCompanyId": "a"}])
