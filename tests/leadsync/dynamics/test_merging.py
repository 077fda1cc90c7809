"""Merging two rows: sent once, and looked up when the answer is lost."""

from __future__ import annotations

import pytest
from werkzeug import Response

from leadsync.errors import TransientApiError
from support.web_api import ScriptedOrganisation, error_response, guid, json_response

WINNER, LOSER = guid(1), guid(2)


def row(master: str | None) -> Response:
    return json_response({"value": [{"contactid": LOSER, "_masterid_value": master}]})


def test_a_merge_names_both_rows_and_picks_no_values(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=204))

    assert organisation.client.merge_rows("contact", WINNER, LOSER).status == "written"

    (request,) = organisation.requests
    assert request.path.endswith("/Merge")
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.contact"}
    assert request.get_json() == {
        "Target": {**kind, "contactid": WINNER},
        "Subordinate": {**kind, "contactid": LOSER},
        "UpdateContent": kind,
        "PerformParentingChecks": False,
    }


def test_a_merge_with_a_lost_answer_is_not_sent_again(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=504), row(WINNER))

    assert organisation.client.merge_rows("contact", WINNER, LOSER).status == "written"
    assert [request.method for request in organisation.requests] == ["POST", "GET"]


def test_a_merge_that_did_not_happen_is_sent_again(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=504), row(None), Response(status=204))

    assert organisation.client.merge_rows("contact", WINNER, LOSER).status == "written"


def test_a_merge_whose_outcome_stays_open_is_an_error(organisation: ScriptedOrganisation) -> None:
    organisation.answer(*[Response(status=504), row(None)] * 3)

    with pytest.raises(TransientApiError):
        organisation.client.merge_rows("contact", WINNER, LOSER)


@pytest.mark.parametrize(
    ("status", "master", "result"),
    [(400, None, "rejected"), (400, WINNER, "written"), (404, None, "missing")],
)
def test_a_refused_merge_is_told_from_one_that_happened_before(
    organisation: ScriptedOrganisation, status: int, master: str | None, result: str
) -> None:
    organisation.answer(error_response(status, "0x80040265"), row(master))

    assert organisation.client.merge_rows("contact", WINNER, LOSER).status == result
