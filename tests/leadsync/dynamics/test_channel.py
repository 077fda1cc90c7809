"""Headers and repetition of calls."""

from __future__ import annotations

import logging

import pytest
from werkzeug import Response

from leadsync.errors import RejectedError, ThrottledError, TransientApiError
from support.web_api import ScriptedOrganisation, error_response, guid, json_response

WHO = {"UserId": "u", "BusinessUnitId": "b", "OrganizationId": "o"}


def test_every_read_carries_the_protocol_headers(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response(WHO, Set_Cookie="ARRAffinity=1; path=/"))

    organisation.client.whoami()
    organisation.client.whoami()

    first, second = (request.headers for request in organisation.requests)
    assert first["Accept"] == "application/json"
    assert first["OData-Version"] == first["OData-MaxVersion"] == "4.0"
    assert first["If-None-Match"] == "null"
    assert first["x-ms-client-request-id"] != second["x-ms-client-request-id"]
    assert "Cookie" not in second


def test_a_throttled_call_waits_as_long_as_asked(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(429, "0x80072322", Retry_After="30"), json_response(WHO))

    organisation.client.whoami()

    assert 30 <= organisation.clock.sleeps[0] < 31.5


def test_a_service_that_says_when_it_is_back_is_left_alone_until_then(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(error_response(503, "", Retry_After="45"), json_response(WHO))

    organisation.client.whoami()

    assert 45 <= organisation.clock.sleeps[0] < 46.5


def test_throttling_without_end_is_reported(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(429, "0x80072326", Retry_After="1"))

    with pytest.raises(ThrottledError, match="0x80072326"):
        organisation.client.whoami()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_failure_is_repeated(organisation: ScriptedOrganisation, status: int) -> None:
    organisation.answer(Response("<html>", status), json_response(WHO))

    assert organisation.client.whoami().organization_id == "o"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 412, 413])
def test_a_final_failure_is_not_repeated(organisation: ScriptedOrganisation, status: int) -> None:
    organisation.answer(error_response(status, ""))

    with pytest.raises(Exception, match=str(status)):
        organisation.client.whoami()

    assert len(organisation.requests) == 1


def test_a_page_of_a_gateway_is_no_answer(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response("<html>welcome</html>", 200), json_response(WHO))

    assert organisation.client.whoami().user_id == "u"


def test_the_answer_of_another_service_is_told_apart(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response({"hello": "world"}))

    with pytest.raises(RejectedError, match="lacks 'UserId'"):
        organisation.client.whoami()


def test_a_qualification_with_a_lost_answer_is_not_repeated(
    organisation: ScriptedOrganisation,
) -> None:
    organisation.answer(Response(status=502))

    with pytest.raises(TransientApiError):
        organisation.client.qualify_lead(guid(1), account=False, contact=True)

    assert len(organisation.requests) == 1


def test_retries_are_logged_without_values(
    organisation: ScriptedOrganisation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    organisation.answer(Response(status=503), json_response({"value": []}))

    organisation.client.rows_by_email("lead", ["ann@example.com"], ["leadid"])

    ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert any("failed for now" in message for message in ours)
    for secret in ("ann", "token-1", "s3cret"):
        assert not any(secret in message for message in ours)
