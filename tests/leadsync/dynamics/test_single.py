"""Single writes: delete, upsert, qualification."""

from __future__ import annotations

import pytest
from werkzeug import Response

from leadsync.errors import RejectedError
from support.web_api import ScriptedOrganisation, error_response, guid, json_response


def test_a_row_is_deleted_only_as_it_was_seen(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        Response(status=204), error_response(412, "0x80060882"), error_response(404, "0x80040217")
    )

    found = [
        organisation.client.delete("lead", guid(1), 'W/"5"').status,
        organisation.client.delete("lead", guid(1), 'W/"5"').status,
        organisation.client.delete("lead", guid(1)).status,
    ]

    assert found == ["written", "conflict", "missing"]
    sent = [request.headers["If-Match"] for request in organisation.requests]
    assert sent == ['W/"5"', 'W/"5"', "*"]


def test_a_deletion_with_a_lost_answer_has_happened(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=504), error_response(404, "0x80040217"))

    assert organisation.client.delete("lead", guid(1)).status == "written"


def test_an_upsert_addresses_the_key_and_leaves_it_out_of_the_body(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(json_response({"contactid": guid(7).upper(), "@odata.etag": 'W/"9"'}, 201))

    row_id, result = organisation.client.upsert(
        "contact", {"new_marketoid": 12}, {"new_marketoid": 12, "lastname": "x"}
    )

    assert (row_id, result.status, result.etag) == (guid(7), "written", 'W/"9"')
    (request,) = organisation.requests
    assert request.method == "PATCH"
    assert request.path.endswith("/contacts(new_marketoid=12)")
    assert request.get_json() == {"lastname": "x"}


def test_text_keys_are_quoted(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response({"contactid": guid(7)}))

    organisation.client.upsert("contact", {"employeeid": "O'B 1"}, {})

    assert organisation.requests[0].path.endswith("/contacts(employeeid='O''B 1')")


def test_keys_that_no_address_carries_are_refused(organisation: ScriptedOrganisation) -> None:
    with pytest.raises(RejectedError, match="emailaddress1"):
        organisation.client.upsert("contact", {"emailaddress1": "a+b@x.com"}, {})

    assert organisation.requests == []


def test_a_refused_upsert_says_why(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(400, "0x80044331"))

    row_id, result = organisation.client.upsert("contact", {"new_marketoid": 1}, {})

    assert (row_id, result.status) == (None, "rejected")


def test_a_lead_is_qualified_into_what_is_asked_for(organisation: ScriptedOrganisation) -> None:
    made = [{"@odata.type": "#Microsoft.Dynamics.CRM.contact", "contactid": guid(8)}]
    organisation.answer(json_response({"value": made}))

    assert organisation.client.qualify_lead(guid(1), account=False, contact=True) == made
    (request,) = organisation.requests
    assert request.path.endswith(f"/leads({guid(1)})/Microsoft.Dynamics.CRM.QualifyLead")
    assert request.get_json() == {
        "CreateAccount": False,
        "CreateContact": True,
        "CreateOpportunity": False,
        "Status": 3,
    }


def test_a_closed_lead_is_named(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(400, "0x80040265", "The lead is already closed."))

    with pytest.raises(RejectedError, match=f"record {guid(1)}.*already closed"):
        organisation.client.qualify_lead(guid(1), account=True, contact=True)
