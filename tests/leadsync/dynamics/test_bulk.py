"""Bulk actions: halving of refused calls, replay after a lost answer."""

from __future__ import annotations

import pytest
from werkzeug import Request, Response

from leadsync.errors import PermissionDeniedError
from leadsync.model import RowWrite
from support.web_api import ScriptedOrganisation, error_response, guid, json_response


def creates(count: int) -> list[RowWrite]:
    return [
        RowWrite("create", "lead", guid(number), {"subject": str(number)})
        for number in range(count)
    ]


def refusing(*bad: int) -> object:
    """Refuse a call when it holds one of the rows ``bad``."""

    def answer(request: Request) -> Response:
        sent = {target["leadid"] for target in request.get_json()["Targets"]}
        if sent & {guid(number) for number in bad}:
            return error_response(400, "0x80044331", "Too long")
        return json_response({"Ids": sorted(sent)})

    return answer


def test_all_rows_go_out_in_one_call(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response({"Ids": [guid(0), guid(1)]}))

    results = organisation.client.write_multiple(creates(2))

    assert [result.status for result in results] == ["written", "written"]
    (request,) = organisation.requests
    assert request.path == "/api/data/v9.2/leads/Microsoft.Dynamics.CRM.CreateMultiple"
    assert request.get_json()["Targets"][1] == {
        "@odata.type": "Microsoft.Dynamics.CRM.lead",
        "subject": "1",
        "leadid": guid(1),
    }


def test_updates_have_their_own_action(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=204))

    organisation.client.write_multiple([RowWrite("update", "lead", guid(1), {"city": "x"})])

    assert organisation.requests[0].path.endswith("leads/Microsoft.Dynamics.CRM.UpdateMultiple")


def test_the_guilty_rows_are_found_by_halving(organisation: ScriptedOrganisation) -> None:
    organisation.answer(refusing(3, 60))  # type: ignore[arg-type]

    results = organisation.client.write_multiple(creates(64))

    assert [index for index, one in enumerate(results) if one.status == "rejected"] == [3, 60]
    assert results[3].error is not None
    assert results[3].error.message == "Too long"
    assert len(organisation.requests) <= 1 + 2 * 2 * 6


def test_a_lost_answer_is_settled_by_the_ids(organisation: ScriptedOrganisation) -> None:
    organisation.answer(
        Response(status=504),
        error_response(412, "0x80040237"),
        json_response({"value": [{"leadid": guid(0), "@odata.etag": 'W/"5"'}]}),
        json_response({"Ids": [guid(1)]}),
    )

    results = organisation.client.write_multiple(creates(2))

    assert [(one.status, one.etag) for one in results] == [("written", 'W/"5"'), ("written", None)]
    assert [one["leadid"] for one in organisation.requests[3].get_json()["Targets"]] == [guid(1)]


def test_a_missing_privilege_is_no_fault_of_a_row(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(403, "0x80040220", "missing prvCreateLead privilege"))

    with pytest.raises(PermissionDeniedError, match="prvCreateLead"):
        organisation.client.write_multiple(creates(8))

    assert len(organisation.requests) == 1


def test_mixed_rows_are_refused(organisation: ScriptedOrganisation) -> None:
    mixed = [*creates(1), RowWrite("create", "contact", guid(9), {})]

    with pytest.raises(ValueError, match="one table"):
        organisation.client.write_multiple(mixed)


def test_no_rows_take_no_call(organisation: ScriptedOrganisation) -> None:
    assert organisation.client.write_multiple([]) == []
    assert organisation.requests == []
