"""Requesting trigger campaigns (reference/marketo-rest.md 12)."""

from __future__ import annotations

from leadsync_sandbox.marketo.activity_log import REQUEST_CAMPAIGN, Entry
from leadsync_sandbox.marketo.api.lead_write import api_origin
from leadsync_sandbox.marketo.envelope import Json, MarketoError
from leadsync_sandbox.marketo.instance import Instance
from leadsync_sandbox.marketo.request import Request, integer
from leadsync_sandbox.marketo.routes import Route

MOST_LEADS = 100


def list_campaigns(box: Instance, _request: Request) -> Json:
    """``GET /rest/v1/campaigns.json``."""
    rows = box.database.rows("SELECT * FROM campaign ORDER BY id")
    return {
        "result": [
            {
                "id": row["id"],
                "name": row["name"],
                "type": row["type"],
                "workspaceName": "Default",
                "createdAt": row["created_at"],
                "updatedAt": row["updated_at"],
                "active": bool(row["active"]),
            }
            for row in rows
        ]
    }


def trigger(box: Instance, request: Request) -> Json:
    """``POST /rest/v1/campaigns/{id}/trigger.json``: all persons or none."""
    number = integer("id", request.path["id"])
    row = box.database.row("SELECT * FROM campaign WHERE id = ?", (number,))
    if row is None:
        raise MarketoError("1013", "Campaign not found")
    if row["type"] != "trigger" or not row["active"]:
        raise MarketoError("1003", f"Campaign '{number}' is no active trigger campaign")
    ids = _asked(request)
    with box.database.transaction():
        found = box.people.by_ids(ids)
        for missing in (number for number in ids if number not in found):
            raise MarketoError("1004", f"Lead [{missing}] not found")
        entries = [
            Entry(person, REQUEST_CAMPAIGN, number, row["name"], campaign_id=number)
            for person in ids
        ]
        box.record(entries, api_origin(request, "requestCampaign"))
    return {"result": [{"id": number}]}


def _asked(request: Request) -> list[int]:
    given = request.body().get("input")
    leads = given.get("leads") if isinstance(given, dict) else None
    if not leads:
        raise MarketoError("1002", "Missing value for the required parameter 'input.leads'")
    if len(leads) > MOST_LEADS:
        raise MarketoError("1003", f"More than {MOST_LEADS} leads")
    return [integer("id", lead.get("id")) for lead in leads]


ROUTES = [
    Route("GET", "/rest/v1/campaigns.json", list_campaigns, "Read-Only Asset"),
    Route(
        "POST",
        "/rest/v1/campaigns/{id}/trigger.json",
        trigger,
        "Execute Campaign",
        "json",
        writes=True,
    ),
]
