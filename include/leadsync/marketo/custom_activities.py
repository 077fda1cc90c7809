"""Writing custom activities to persons' logs (reference/marketo-rest.md 9)."""

from __future__ import annotations

from collections.abc import Sequence

from leadsync.clock import format_instant
from leadsync.errors import TransientApiError
from leadsync.marketo.envelope import errors_of
from leadsync.marketo.session import MarketoSession
from leadsync.model import ActivityResult, Json, NewActivity, RecordError

PATH = "/rest/v1/activities/external.json"
BATCH = 300


def add_activities(
    session: MarketoSession, activities: Sequence[NewActivity]
) -> list[ActivityResult]:
    """Add at most 300 activities in one call.

    Activities cannot be changed, removed or told from their repetition, so a call whose answer is
    lost is not repeated.

    :raises ValueError: more than 300 activities.
    :raises TransientApiError: the answer was lost; read the activities before trying again.
    """
    if len(activities) > BATCH:
        raise ValueError(f"{len(activities)} activities; a call takes {BATCH}")
    if not activities:
        return []
    body = {"input": [_body(activity) for activity in activities]}
    answer = session.post(PATH, body, repeatable=False)
    if len(answer.result) != len(activities):
        raise TransientApiError(
            f"{len(answer.result)} results for {len(activities)} activities; outcome unknown",
            system="marketo",
            call=f"POST {PATH}",
        )
    return [_result(item) for item in answer.result]


def _body(activity: NewActivity) -> Json:
    return {
        "leadId": activity.person_id,
        "activityDate": format_instant(activity.at),
        "activityTypeId": activity.type_id,
        "primaryAttributeValue": activity.primary_value,
        "attributes": [
            {"apiName": name, "value": value} for name, value in activity.attributes.items()
        ],
    }


def _result(item: Json) -> ActivityResult:
    if item.get("status") == "added":
        return ActivityResult(str(item.get("marketoGUID") or item.get("id") or ""))
    return ActivityResult(None, errors_of(item) or (RecordError("", "refused without a reason"),))
