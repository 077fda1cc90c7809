"""Functions and documents of the service itself (reference 2.1, 2.5)."""

from __future__ import annotations

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.exchange import Request, json_reply
from leadsync_sandbox.dynamics.session import Session

VERSION = "9.2.25063.00185"
_CRM = "Microsoft.Dynamics.CRM"


def service_document(session: Session, request: Request) -> Answer:  # noqa: ARG001 - a handler
    """List the entity sets."""
    sets = [
        {"name": table.entity_set, "kind": "EntitySet", "url": table.entity_set}
        for table in session.schema.tables.values()
    ]
    return json_reply({"@odata.context": f"{session.root}$metadata", "value": sets})


def who_am_i(session: Session, request: Request) -> Answer:  # noqa: ARG001 - a handler
    """Tell the calling user, its business unit and the organisation."""
    unit = session.database.value(
        "SELECT businessunitid FROM systemuser WHERE systemuserid = ?", (session.user_id,)
    )
    return json_reply(
        {
            "@odata.context": f"{session.root}$metadata#{_CRM}.WhoAmIResponse",
            "BusinessUnitId": unit,
            "UserId": session.user_id,
            "OrganizationId": _organization(session)[0],
        }
    )


def retrieve_version(session: Session, request: Request) -> Answer:  # noqa: ARG001 - a handler
    """Tell the service's version."""
    context = f"{session.root}$metadata#{_CRM}.RetrieveVersionResponse"
    return json_reply({"@odata.context": context, "Version": VERSION})


def retrieve_organization(session: Session, request: Request) -> Answer:  # noqa: ARG001
    """Tell name and id of the organisation."""
    organization_id, name = _organization(session)
    context = f"{session.root}$metadata#{_CRM}.RetrieveCurrentOrganizationResponse"
    detail = {
        "OrganizationId": organization_id,
        "FriendlyName": name,
        "UniqueName": name.lower(),
        "OrganizationVersion": VERSION,
        "State": "Enabled",
    }
    return json_reply({"@odata.context": context, "Detail": detail})


def global_option_sets(session: Session, request: Request) -> Answer:
    """List the global choices: this organisation has none."""
    [(_, key), *_] = request.segments
    if key is not None:
        raise ApiError(404, "0x80040217", f"Could not find an optionset with {key}.")
    context = f"{session.root}$metadata#GlobalOptionSetDefinitions"
    return json_reply({"@odata.context": context, "value": []})


def _organization(session: Session) -> tuple[str, str]:
    row = session.database.rows("SELECT organizationid, name FROM organization")[0]
    return str(row[0]), str(row[1])
