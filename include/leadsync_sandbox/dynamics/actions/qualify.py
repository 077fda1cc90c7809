"""QualifyLead: closes a lead and makes account, contact and opportunity of it (section 8.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leadsync_sandbox.common.calls import Answer
from leadsync_sandbox.dynamics import rows
from leadsync_sandbox.dynamics.actions.arguments import reference, required
from leadsync_sandbox.dynamics.addresses import parse_address
from leadsync_sandbox.dynamics.errors import ApiError
from leadsync_sandbox.dynamics.exchange import Request, json_reply
from leadsync_sandbox.dynamics.payload import parse_json
from leadsync_sandbox.dynamics.rows import Row
from leadsync_sandbox.dynamics.schema import Table
from leadsync_sandbox.dynamics.session import Session
from leadsync_sandbox.dynamics.values import to_json
from leadsync_sandbox.dynamics.writing import create, update

_CONSENT = [
    f"donot{what}" for what in ("email", "bulkemail", "phone", "fax", "postalmail", "sendmm")
]
_ADDRESS = [
    f"address1_{part}"
    for part in ("line1", "line2", "line3", "city", "stateorprovince", "postalcode", "country")
]
_MAPS: dict[str, dict[str, str]] = {
    "account": {"companyname": "name", "telephone1": "telephone1"}
    | {name: name for name in ("emailaddress1", "fax", "websiteurl", "telephone2", "sic")}
    | {name: name for name in ("description", "revenue", "numberofemployees", "industrycode")}
    | {name: name for name in (*_ADDRESS, *_CONSENT)},
    "contact": {name: name for name in ("salutation", "firstname", "middlename", "lastname")}
    | {name: name for name in ("jobtitle", "emailaddress1", "emailaddress2", "emailaddress3")}
    | {name: name for name in ("telephone1", "telephone2", "telephone3", "mobilephone", "pager")}
    | {name: name for name in ("fax", "websiteurl", "description")}
    | {name: name for name in (*_ADDRESS, *_CONSENT)},
    "opportunity": {
        "subject": "name",
        "qualificationcomments": "qualificationcomments",
        "description": "description",
    },
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a qualification creates; ``status`` -1 takes the default reason."""

    account: bool
    contact: bool
    opportunity: bool
    status: int = -1
    customer: tuple[Table, str] | None = None


def qualify_lead(session: Session, request: Request, table: Table, key: str) -> Answer:
    """Answer the bound action: 200 with the created rows."""
    lead = parse_address(table, key).require(session)
    body = parse_json(table.entity_set, request.body)
    customer = body.get("OpportunityCustomerId")
    wanted = Wanted(
        account=required(body, "CreateAccount", bool),
        contact=required(body, "CreateContact", bool),
        opportunity=required(body, "CreateOpportunity", bool),
        status=required(body, "Status", int),
        customer=reference(session, customer, table.entity_set) if customer else None,
    )
    made = qualify(session, lead, wanted)
    context = f"{session.root}$metadata#Collection(Microsoft.Dynamics.CRM.crmbaseentity)"
    items = [
        {"@odata.type": f"#{made_table.qualified_name}", made_table.primary_id: row_id}
        for made_table, row_id in made
    ]
    return json_reply({"@odata.context": context, "value": items})


def qualify(session: Session, lead: Row, wanted: Wanted) -> list[tuple[Table, str]]:
    """Close ``lead`` as qualified and return the rows made: account, contact, opportunity.

    :raises ApiError: 400 when the lead is closed or the status reason is none of it.
    """
    table, lead_id = session.table("lead"), lead["leadid"]
    _require_qualifiable(table, lead, wanted.status)
    made: dict[str, str] = {}
    if wanted.account:
        made["account"] = _create(session, lead, "account", {})
    if wanted.contact:
        account = made.get("account") or lead["parentaccountid"]
        parent = {"parentcustomerid_account@odata.bind": f"/accounts({account})"} if account else {}
        made["contact"] = _create(session, lead, "contact", parent)
    if wanted.opportunity:
        made["opportunity"] = _create(session, lead, "opportunity", _customer(wanted, made))
    changes: dict[str, Any] = {"statecode": 1}
    if wanted.status != -1:
        changes["statuscode"] = wanted.status
    for name, column in (("account", "parentaccountid"), ("contact", "parentcontactid")):
        if name in made:
            changes[f"{column}@odata.bind"] = f"/{name}s({made[name]})"
    if "opportunity" in made:
        link = f"/opportunities({made['opportunity']})"
        changes["qualifyingopportunityid@odata.bind"] = link
    update(session, table, rows.require(session, table, lead_id), changes)
    return [(session.table(name), row_id) for name, row_id in made.items()]


def _require_qualifiable(table: Table, lead: Row, status: int) -> None:
    if lead["statecode"] != 0:
        raise ApiError(400, "0x80040203", "The lead is already closed.")
    known = {option.value for option in table.columns["statuscode"].options if option.state == 1}
    if status != -1 and status not in known:
        raise ApiError(
            400,
            "0x80048408",
            f"{status} is not a valid status code on lead with Id {lead['leadid']}",
        )


def _create(session: Session, lead: Row, name: str, extra: dict[str, Any]) -> str:
    source, table = session.table("lead"), session.table(name)
    body: dict[str, Any] = {
        target: to_json(source.columns[column], lead[column])
        for column, target in _MAPS[name].items()
        if target in table.columns and lead[column] is not None
    }
    kind = lead[source.columns["ownerid"].type_storage]
    owner = f"/{session.table(kind).entity_set}({lead['ownerid']})"
    body["originatingleadid@odata.bind"] = f"/leads({lead['leadid']})"
    return create(session, table, {**body, "ownerid@odata.bind": owner, **extra})


def _customer(wanted: Wanted, made: dict[str, str]) -> dict[str, Any]:
    if wanted.customer is not None:
        table, row_id = wanted.customer
        return {f"customerid_{table.name}@odata.bind": f"/{table.entity_set}({row_id})"}
    for name in ("account", "contact"):
        if name in made:
            return {f"customerid_{name}@odata.bind": f"/{name}s({made[name]})"}
    return {}
