"""Tokens (reference/marketo-rest.md 2; 21 items 1 and 2)."""

from __future__ import annotations

from leadsync_sandbox.marketo.defaults import OTHER_CLIENT_ID, OTHER_CLIENT_SECRET
from support.marketo_rest import Rest

OTHER = {"client_id": OTHER_CLIENT_ID, "client_secret": OTHER_CLIENT_SECRET}


def test_asking_again_gives_the_same_token_with_the_remaining_seconds(rest: Rest) -> None:
    rest.control.set_time("2026-01-31T10:00:00Z", frozen=True)
    first = rest.identity(
        client_id="11111111-aaaa-4bbb-8ccc-000000000002", client_secret="sandbox-other-secret"
    ).json()
    rest.control.advance(5)
    second = rest.identity(
        client_id="11111111-aaaa-4bbb-8ccc-000000000002", client_secret="sandbox-other-secret"
    ).json()
    assert list(first) == ["access_token", "token_type", "expires_in", "scope"]
    assert second["access_token"] == first["access_token"]
    assert (first["expires_in"], second["expires_in"]) == (3599, 3594)
    rest.control.advance(3594.5)
    last = rest.identity(
        client_id="11111111-aaaa-4bbb-8ccc-000000000002", client_secret="sandbox-other-secret"
    ).json()
    assert (last["access_token"], last["expires_in"]) == (first["access_token"], 0)
    rest.control.advance(0.5)
    renewed = rest.identity(
        client_id="11111111-aaaa-4bbb-8ccc-000000000002", client_secret="sandbox-other-secret"
    ).json()
    assert renewed["access_token"] != first["access_token"]


def test_credentials_go_into_the_query_with_either_verb(rest: Rest) -> None:
    parameters = {
        "grant_type": "client_credentials",
        "client_id": rest.client[0],
        "client_secret": rest.client[1],
    }
    answer = rest.raw("POST", "/identity/oauth/token", params=parameters)
    assert answer.json()["token_type"] == "bearer"
    assert answer.headers["Cache-Control"] == "no-store"
    in_body = rest.raw("POST", "/identity/oauth/token", data=parameters)
    assert in_body.json()["error"] == "unsupported_grant_type"


def test_wrong_credentials_get_oauth_errors(rest: Rest) -> None:
    wrong_secret = rest.identity(client_secret="no")
    assert wrong_secret.status_code == 401
    assert wrong_secret.json() == {
        "error": "invalid_client",
        "error_description": "Bad client credentials",
    }
    unknown = rest.identity(client_id="nobody")
    assert unknown.status_code == 401
    assert unknown.json()["error_description"] == "No client with requested id: nobody"
    assert rest.identity(grant_type="password").status_code == 400


def test_expired_unknown_and_missing_tokens_are_told_apart_and_not_counted(rest: Rest) -> None:
    before = rest.get("/rest/v1/stats/usage.json")["result"][0]["total"]
    rest.control.faults("expire_tokens")
    path = "/rest/v1/leads/describe.json"
    assert rest.code(rest.get(path)) == "602"
    rest.session.headers["Authorization"] = "Bearer made-up"
    assert rest.code(rest.get(path)) == "601"
    rest.authenticate()
    assert rest.get("/rest/v1/stats/usage.json")["result"][0]["total"] == before + 1
    del rest.session.headers["Authorization"]
    assert rest.raw("GET", path).status_code == 200
    assert rest.code(rest.get(path)) == "603"


def test_a_long_expired_token_is_unknown(rest: Rest) -> None:
    rest.control.advance(2 * 3600 + 1)
    assert rest.code(rest.get("/rest/v1/leads/describe.json")) == "601"


def test_token_in_query_is_refused_unless_switched_on(rest: Rest) -> None:
    token = rest.session.headers.pop("Authorization")
    query = {"access_token": str(token).removeprefix("Bearer ")}
    path = "/rest/v1/leads/partitions.json"
    assert rest.code(rest.get(path, **query)) == "603"
    rest.control.settings(token_in_query=True)
    assert rest.get(path, **query)["success"] is True


def test_a_missing_permission_is_603(rest: Rest) -> None:
    rest.control.settings(denied_permissions=["Read-Write Schema Custom Field"])
    field = {"name": "x", "displayName": "X", "dataType": "string"}
    answer = rest.post("/rest/v1/leads/schema/fields.json", {"input": [field]})
    assert rest.code(answer) == "603"
    assert rest.get("/rest/v1/leads/describe.json")["success"] is True
