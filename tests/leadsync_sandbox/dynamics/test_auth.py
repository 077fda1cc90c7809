"""Tokens and membership (reference/dataverse-webapi.md 1)."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from leadsync_sandbox.common.calls import Call
from leadsync_sandbox.dynamics.switches import CLIENT_SECRET, TENANT_ID
from support.organisation import API, BASE, Organisation


def test_a_token_is_issued_for_the_organisation(org: Organisation) -> None:
    reply = org.token_call()

    assert reply.status == 200
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["expires_in"] == 3599


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"scope": f"{BASE}/user_impersonation"}, 400, "invalid_scope", 70011),
        ({"scope": "https://other.example/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": "other"}, 400, "invalid_request", 90002),
    ],
)
def test_refusals_have_the_body_of_entra(
    org: Organisation, form: dict[str, str], status: int, error: str, number: int
) -> None:
    reply = org.token_call(**form)

    assert (reply.status, reply.json["error"]) == (status, error)
    assert reply.json["error_codes"] == [number]
    assert reply.json["error_description"].startswith(f"AADSTS{number}: ")
    assert CLIENT_SECRET not in reply.text


def test_an_expired_secret_is_told_apart(org: Organisation) -> None:
    org.switch(secret_expired=True)

    assert org.token_call().json["error_codes"] == [7000222]


def test_the_authority_describes_itself(org: Organisation) -> None:
    url = f"{BASE}/{TENANT_ID}/v2.0/.well-known/openid-configuration"

    assert org.raw("GET", url, {}).json["token_endpoint"].endswith("/oauth2/v2.0/token")


def test_without_a_valid_token_the_service_challenges(org: Organisation) -> None:
    for token in ("", "Bearer nonsense"):
        reply = org.raw("GET", f"{API}WhoAmI", {"Authorization": token})
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
        assert TENANT_ID in reply.headers["WWW-Authenticate"]


def test_tokens_expire_by_the_sandbox_clock(org: Organisation) -> None:
    org.sandbox.clock.advance(3600)
    assert org.get("WhoAmI").status == 401

    org.token = org.new_token()
    assert org.get("WhoAmI").status == 200
    org.sandbox.expire_tokens()
    assert org.get("WhoAmI").status == 401


def test_a_token_for_another_organisation_is_refused(org: Organisation) -> None:
    headers = {"Authorization": f"Bearer {org.token}"}

    with_other_host = org.sandbox.answer(_call_on("http://localhost:1", headers["Authorization"]))

    assert with_other_host.status == 401


def test_an_application_without_user_is_no_member(org: Organisation) -> None:
    org.switch(application_user=False)

    reply = org.get("WhoAmI")

    assert (reply.status, reply.code) == (403, "0x80072560")


def _call_on(base: str, authorization: str) -> Call:
    path = "/api/data/v9.2/WhoAmI"
    return Call("GET", path, path, "", Headers({"authorization": authorization}), b"", base)
