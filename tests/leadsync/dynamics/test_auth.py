"""Tokens: caching, renewal, Entra's refusals."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug import Response

from leadsync.errors import AuthenticationError, PermissionDeniedError, TransientApiError
from support.web_api import ScriptedOrganisation, error_response, json_response

WHO = {"UserId": "u", "BusinessUnitId": "b", "OrganizationId": "o"}


def refusal(status: int, error: str, number: int) -> Response:
    return json_response(
        {
            "error": error,
            "error_description": f"AADSTS{number}: It is wrong. Trace ID: 1 Correlation ID: 2",
            "error_codes": [number],
        },
        status,
    )


def test_the_form_is_that_of_client_credentials(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response(WHO))

    organisation.client.whoami()

    assert organisation.token_requests[0].form.to_dict() == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "s3cret",
        "scope": f"{organisation.connection.org_url}/.default",
    }


def test_a_token_serves_until_shortly_before_its_end(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response(WHO))

    organisation.client.whoami()
    organisation.clock.sleep(3200)
    organisation.client.whoami()
    assert len(organisation.token_requests) == 1

    organisation.clock.sleep(120)
    organisation.client.whoami()
    assert len(organisation.token_requests) == 2


def test_racing_threads_share_one_request(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response(WHO))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: organisation.client.whoami(), range(16)))

    assert len(organisation.token_requests) == 1


def test_a_refused_token_is_renewed_once(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=401), json_response(WHO))

    assert organisation.client.whoami().user_id == "u"

    sent = [request.headers["Authorization"] for request in organisation.requests]
    assert sent == ["Bearer token-1", "Bearer token-2"]


def test_a_second_refusal_is_final(organisation: ScriptedOrganisation) -> None:
    organisation.answer(Response(status=401))

    with pytest.raises(AuthenticationError, match=r"GET .*WhoAmI .401.*tenant and client id"):
        organisation.client.whoami()

    assert len(organisation.requests) == 2


def test_an_unknown_application_user_is_explained(organisation: ScriptedOrganisation) -> None:
    organisation.answer(error_response(403, "0x80072560"))

    with pytest.raises(PermissionDeniedError, match="application users"):
        organisation.client.whoami()


@pytest.mark.parametrize(
    ("status", "error", "number", "remedy"),
    [
        (401, "invalid_client", 7000215, "secret's value, not its id"),
        (401, "invalid_client", 7000222, "expired"),
        (401, "invalid_client", 700027, "certificate"),
        (400, "unauthorized_client", 700016, "client id"),
        (400, "invalid_request", 90002, "tenant_id"),
        (400, "invalid_resource", 500011, "organisation URL"),
        (400, "invalid_scope", 70011, "organisation URL"),
        (401, "invalid_client", 1, "client secret"),
        (400, "anything", 1, "host, login, password"),
    ],
)
def test_each_refusal_has_its_remedy(
    organisation: ScriptedOrganisation, status: int, error: str, number: int, remedy: str
) -> None:
    organisation.answer_token(refusal(status, error, number))

    with pytest.raises(AuthenticationError, match=re.escape(remedy)) as caught:
        organisation.client.whoami()

    assert caught.value.code == f"AADSTS{number}"
    assert "Trace ID" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_busy_authority_is_asked_again(organisation: ScriptedOrganisation) -> None:
    organisation.answer_token(
        json_response({}, 429, Retry_After="17"),
        json_response({}, 503),
        json_response({"error": "temporarily_unavailable"}, 400),
    )
    organisation.answer(json_response(WHO))

    organisation.client.whoami()

    assert 17 <= organisation.clock.sleeps[0] < 18.5
    assert len(organisation.token_requests) == 4


def test_an_authority_that_stays_down_is_reported(organisation: ScriptedOrganisation) -> None:
    organisation.answer_token(*[Response("<html>", 502) for _ in range(20)])

    with pytest.raises(TransientApiError, match=r"POST token .502.: no token to be had"):
        organisation.client.whoami()

    assert len(organisation.token_requests) == 5
    assert organisation.requests == []


def test_token_requests_do_not_count(organisation: ScriptedOrganisation) -> None:
    organisation.answer(json_response(WHO))

    organisation.client.whoami()

    assert organisation.ledger.calls() == {"dynamics": 1}
