"""Custom activities and their types (reference/marketo-rest.md 9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug import Response

from leadsync.errors import PermissionDeniedError, TransientApiError
from leadsync.marketo.activity_types import (
    NewActivityType,
    TypeAttribute,
    add_attributes,
    create_type,
)
from leadsync.marketo.client import MarketoClient
from leadsync.model import ActivityResult, NewActivity, RecordError
from support.marketo_stub import START
from support.sandbox import RunningSandbox

FAILED = NewActivityType(
    "leadsyncSyncFailed",
    "Dynamics Sync Failed",
    "Fails to sync to Dynamics",
    "Failed to sync to Dynamics",
    primary=TypeAttribute("field", "Field"),
    attributes=(TypeAttribute("rule", "Rule"), TypeAttribute("attempts", "Attempts", "integer")),
)


def activity(person: int = 1, type_id: int = 100001) -> NewActivity:
    return NewActivity(person, type_id, START, "jobtitle", {"rule": "max_length", "attempts": 2})


def test_failures_are_read_from_errors_and_from_reasons(scripted: Any) -> None:
    scripted.marketo.will_answer(
        {
            "result": [
                {"id": 50, "marketoGUID": "g50", "status": "added"},
                {"status": "skipped", "errors": [{"code": "1004", "message": "Lead not found"}]},
                {"status": "skipped", "reasons": [{"code": "1049", "message": "too large"}]},
                {"status": "skipped"},
            ]
        }
    )
    assert scripted.client.add_activities([activity()] * 4) == [
        ActivityResult("g50"),
        ActivityResult(None, (RecordError("1004", "Lead not found"),)),
        ActivityResult(None, (RecordError("1049", "too large"),)),
        ActivityResult(None, (RecordError("", "refused without a reason"),)),
    ]
    (sent,) = json.loads(scripted.marketo.asked[0].get_data())["input"][:1]
    assert sent == {
        "leadId": 1,
        "activityDate": "2026-01-31T12:00:00Z",
        "activityTypeId": 100001,
        "primaryAttributeValue": "jobtitle",
        "attributes": [
            {"apiName": "rule", "value": "max_length"},
            {"apiName": "attempts", "value": 2},
        ],
    }


@pytest.mark.parametrize("lost", [Response("", 200), Response("", 502)])
def test_a_lost_answer_is_never_repeated(scripted: Any, lost: Response) -> None:
    scripted.marketo.will_answer(lost)
    with pytest.raises(TransientApiError):
        scripted.client.add_activities([activity()])
    assert len(scripted.marketo.asked) == 1


def test_a_call_takes_300_and_none_costs_none(scripted: Any) -> None:
    assert scripted.client.add_activities([]) == []
    with pytest.raises(ValueError, match="301 activities"):
        scripted.client.add_activities([activity()] * 301)


def test_a_type_is_created_once_and_takes_activities(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    made = sandboxed.provide_activity_type(FAILED)
    assert made.usable
    assert sandboxed.provide_activity_type(FAILED).type_id == made.type_id
    (person,) = sandboxed.sync_persons("createOrUpdate", "email", [{"email": "a@x.com"}])
    token = sandboxed.paging_token(START)
    good, bad = sandboxed.add_activities(
        [activity(person.person_id or 0, made.type_id), activity(999_999, made.type_id)]
    )
    assert bad.errors[0].code == "1004"
    (stored,) = sandboxed.activities(token, [made.type_id]).activities
    assert stored.guid == good.guid
    assert stored.attributes["primaryAttributeValue"] == "jobtitle"


@pytest.mark.parametrize("made", [0, 1, 2])
def test_a_type_whose_making_was_interrupted_is_completed(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox, made: int
) -> None:
    create_type(sandboxed.session, FAILED)
    add_attributes(sandboxed.session, FAILED.api_name, FAILED.attributes[:made])
    completed = sandboxed.provide_activity_type(FAILED)
    assert completed.usable
    (person,) = sandboxed.sync_persons("createOrUpdate", "email", [{"email": "a@x.com"}])
    [added] = sandboxed.add_activities([activity(person.person_id or 0, completed.type_id)])
    assert added.guid


def test_a_missing_permission_says_what_to_give(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    marketo_sandbox.control.settings(denied_permissions=["Read-Write Activity Metadata"])
    with pytest.raises(PermissionDeniedError, match="role the permission"):
        sandboxed.provide_activity_type(FAILED)
