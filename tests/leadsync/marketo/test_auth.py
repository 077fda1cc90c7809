"""Tokens: remaining seconds, replay, refusals (reference/marketo-rest.md 2; S115)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from leadsync.errors import AuthenticationError, RejectedError
from leadsync.marketo.client import MarketoClient
from support.marketo_stub import ScriptedMarketo, SteppingClock, client_of, refusal, token
from support.sandbox import RunningSandbox

USED = {"result": [{"date": "2026-01-31", "total": 1, "users": []}]}


def bearers(marketo: ScriptedMarketo) -> list[str]:
    return [request.headers["Authorization"] for request in marketo.asked]


@pytest.mark.parametrize("code", ["600", "601", "602"])
def test_a_refused_token_is_renewed_and_the_call_replayed_once(scripted: Any, code: str) -> None:
    scripted.marketo.will_answer(refusal(code), USED)
    assert scripted.client.usage_today().total == 1
    assert bearers(scripted.marketo) == ["Bearer token-1", "Bearer token-2"]
    assert scripted.clock.slept == []


def test_a_second_refusal_is_final_and_says_what_to_check(scripted: Any) -> None:
    scripted.marketo.will_answer(refusal("601"), refusal("602"))
    with pytest.raises(AuthenticationError, match="LaunchPoint service is still active"):
        scripted.client.usage_today()
    assert len(scripted.marketo.asked) == 2


def test_one_token_serves_until_a_minute_before_its_end(scripted: Any) -> None:
    marketo = scripted.marketo
    marketo.tokens = [token("first", 3599), token("second", 3599)]
    marketo.will_answer(USED, USED, USED)
    scripted.client.usage_today()
    scripted.clock.moment += timedelta(seconds=3538)
    scripted.client.usage_today()
    scripted.clock.moment += timedelta(seconds=1)
    scripted.client.usage_today()
    assert bearers(marketo) == ["Bearer first", "Bearer first", "Bearer second"]


def test_a_short_rest_of_a_life_is_used_to_its_end(scripted: Any) -> None:
    marketo = scripted.marketo
    marketo.tokens = [token("old", 30), token("new", 3599)]
    marketo.will_answer(USED, USED, USED)
    scripted.client.usage_today()
    scripted.clock.moment += timedelta(seconds=29)
    scripted.client.usage_today()
    scripted.clock.moment += timedelta(seconds=1)
    scripted.client.usage_today()
    assert bearers(marketo) == ["Bearer old", "Bearer old", "Bearer new"]


def test_a_token_that_dies_this_second_is_waited_out(scripted: Any) -> None:
    scripted.marketo.tokens = [token("dead", 0), token("alive", 3599)]
    scripted.marketo.will_answer(USED)
    scripted.client.usage_today()
    assert scripted.clock.slept == [1.0]
    assert bearers(scripted.marketo) == ["Bearer alive"]


def test_a_refused_token_that_comes_back_is_waited_out(scripted: Any) -> None:
    marketo = scripted.marketo
    marketo.tokens = [token("old", 70), token("old", 2), token("new", 3599)]
    marketo.will_answer(refusal("602"), USED)
    scripted.client.usage_today()
    assert scripted.clock.slept == [3.0]
    assert bearers(marketo) == ["Bearer old", "Bearer new"]


def test_racing_threads_renew_once(httpserver: HTTPServer) -> None:
    marketo = ScriptedMarketo(httpserver)
    tokens = client_of(marketo.url, SteppingClock()).session._tokens
    stale = tokens.current()
    with ThreadPoolExecutor(8) as pool:
        renewed = set(pool.map(tokens.renew, [stale] * 8))
    assert renewed == {"token-2"}
    assert marketo.token_calls == 2


def identity(server: HTTPServer, response: Response) -> MarketoClient:
    server.expect_request("/identity/oauth/token").respond_with_response(response)
    return client_of(server.url_for(""), SteppingClock())


@pytest.mark.parametrize("status", [200, 401])
def test_refused_credentials_are_final(httpserver: HTTPServer, status: int) -> None:
    body = '{"error":"invalid_client","error_description":"Bad client credentials"}'
    client = identity(httpserver, Response(body, status))
    with pytest.raises(AuthenticationError, match=r"invalid_client.*login and password") as caught:
        client.describe()
    assert "s3cret" not in str(caught.value)
    assert len(httpserver.log) == 1


def test_another_kind_of_host_is_recognised(httpserver: HTTPServer) -> None:
    client = identity(httpserver, Response("<html>hello</html>", 200))
    with pytest.raises(RejectedError, match="does not answer like Marketo's identity service"):
        client.describe()


def test_a_failing_gateway_is_asked_again(httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/identity/oauth/token").respond_with_data("<html>", 502)
    httpserver.expect_ordered_request("/identity/oauth/token").respond_with_json(token("t", 3599))
    httpserver.expect_ordered_request("/rest/v1/stats/usage.json").respond_with_json(
        {"success": True, **USED}
    )
    clock = SteppingClock()
    assert client_of(httpserver.url_for(""), clock).usage_today() is not None
    assert clock.slept == [0.75]


def test_an_expired_token_costs_one_replay(
    sandboxed: MarketoClient, marketo_sandbox: RunningSandbox
) -> None:
    sandboxed.describe()
    marketo_sandbox.control.faults("expire_tokens")
    sandboxed.describe()
    assert marketo_sandbox.control.stats()["calls"]["token"] == 2


def test_an_unknown_client_is_told_what_to_compare(marketo_sandbox: RunningSandbox) -> None:
    client = client_of(marketo_sandbox.url, SteppingClock(), ("nobody", "s3cret"))
    with pytest.raises(AuthenticationError, match="login and password"):
        client.describe()
