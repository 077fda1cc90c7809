"""The flow step's endpoints keep the published contract, and answer nobody without the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsync.errors import TransientApiError
from leadsync.flow_step.access import FLOW_STEP, WEBHOOK
from leadsync.state.store import SqlStateStore
from leadsync_airflow.web import services, ssfs
from leadsync_airflow.web.services import Remembered
from support.flow_contract import definition_schema, interface, published
from support.state_rows import NOON, call, call_item, request

from .conftest import KEYS

KEY = {"x-api-key": KEYS[FLOW_STEP]}
PATHS = ["submitAsyncAction", "getPicklist"]
READS = ["getServiceDefinition", "status", "brandIcon", "serviceIcon", "providerInstructions"]

INVOCATION = {
    "token": "eb26ba28-e3f4-4423-a75d-28118b81828c",
    "batchid": "9e7df252-1969-4f22-861a-82d19769eb1b",
    "apiCallBackKey": "callback-key",
    "campaignId": 1001,
    "callbackUrl": "https://mkto-flow.adobe.io/callback",
    "context": {
        "subscription": {"munchkinId": "123-ABC-456", "prefix": "acme"},
        "admin": {},
        "campaign": {"id": 1001, "name": "Fast track"},
        "program": {"id": 1001},
    },
    "objectData": [
        {
            "objectType": "lead",
            "objectContext": {"id": 1000000, "email": "test@example.com"},
            "flowStepContext": {"syncAs": "lead"},
            "programMemberContext": {},
            "triggeringContext": {"name": "Form", "triggerName": "Filled Out Form"},
        }
    ],
}


def submit(client: TestClient, content: Any, **headers: str) -> Response:
    answer: Response = client.post(
        "/ssfs/submitAsyncAction", json=content, headers={**KEY, **headers}
    )
    return answer


# ---------------------------------------------------------------- contract


def test_the_example_of_the_contract_is_taken_over(
    client: TestClient, sqlite_store: SqlStateStore
) -> None:
    jsonschema.validate(INVOCATION, published("async"))
    assert submit(client, INVOCATION).status_code == 201
    (asked,) = sqlite_store.requests(waiting=True)
    assert (asked["marketo_id"], asked["action"], asked["sync_as"]) == (
        1000000,
        "sync_person",
        "lead",
    )
    assert sqlite_store.calls.outlook(NOON).waiting == 1


def test_values_of_persons_are_not_stored(client: TestClient, sqlite_store: SqlStateStore) -> None:
    submit(client, INVOCATION)
    with sqlite_store.engine.connect() as connection:
        stored = "".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert "1000000" in stored
    assert "test@example.com" not in stored


def test_s026_a_repeated_call_is_accepted_again_and_done_once(
    client: TestClient, sqlite_store: SqlStateStore
) -> None:
    answers = [submit(client, INVOCATION) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert [answer.json()["repeated"] for answer in answers] == [False, True, True]
    assert len(sqlite_store.requests()) == 1


def test_the_definition_follows_the_interface(client: TestClient) -> None:
    document = client.get("/ssfs/openapi.json").json()
    jsonschema.validate(document, definition_schema())
    for path, methods in document["paths"].items():
        assert path in interface_paths()
        for operation in methods.values():
            jsonschema.validate(operation["responses"], {"type": "object", "minProperties": 1})
    assert document["security"] == [{"apiKey": []}]
    assert "servers" not in document


def interface_paths() -> set[str]:
    return set(interface()["definition"]["properties"]["paths"]["properties"])


def test_every_path_of_the_definition_is_served(client: TestClient) -> None:
    for path, methods in client.get("/ssfs/openapi.json").json()["paths"].items():
        for method in methods:
            answer = client.request(method, f"/ssfs{path}", headers=KEY, content=b"{}")
            assert str(answer.status_code) in methods[method]["responses"], path


def test_the_service_definition_follows_the_interface(client: TestClient) -> None:
    told = client.get("/ssfs/getServiceDefinition", headers=KEY).json()
    jsonschema.validate(told, published("serviceDefinition"))
    inputs = {one["apiName"] for one in told["invocationPayloadDef"]["flowAttributes"]}
    outputs = {one["apiName"] for one in told["callbackPayloadDef"]["attributes"]}
    mapped = {one["serviceAttribute"] for one in told["callbackPayloadDef"]["fields"]}
    assert told["primaryAttribute"] in inputs - outputs
    assert not inputs & outputs
    assert not outputs & {"success", "reason", "errorCode"}
    assert "id" not in mapped
    assert told["invocationPayloadDef"]["triggerContext"] is True
    assert told["invocationPayloadDef"]["campaignContext"] is True


@pytest.mark.parametrize("name", ["syncAs", "action"])
def test_fixed_choices_are_listed(client: TestClient, name: str) -> None:
    answer = client.post("/ssfs/getPicklist", json={"name": name, "type": "flow"}, headers=KEY)
    jsonschema.validate(answer.json(), published("picklistObject"))
    assert len(answer.json()["choices"]) == 2


def users(monkeypatch: pytest.MonkeyPatch, read: Callable[[], Any]) -> None:
    monkeypatch.setattr(services, "users", Remembered(read, 60))


def test_s018_users_are_listed_for_assign_to(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"choices": [{"displayValue": {"en_US": "Ann (a@x)"}, "submittedValue": "id"}]}
    users(monkeypatch, lambda: listed)
    asked = {"name": "assignTo", "type": "flow", "fieldMappingContext": {"callback": []}}
    answer = client.post("/ssfs/getPicklist", json=asked, headers=KEY)
    jsonschema.validate(answer.json(), published("picklistObject"))
    assert answer.json() == listed


def test_users_that_cannot_be_read_are_an_error_without_details(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Any:
        raise TransientApiError("secret detail", system="dynamics", call="GET systemusers")

    users(monkeypatch, fail)
    asked = {"name": "assignTo", "type": "flow"}
    answer = client.post("/ssfs/getPicklist", json=asked, headers=KEY)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text


@pytest.mark.parametrize(
    "asked", [{"name": "other", "type": "flow"}, {"name": "syncAs", "type": "global"}, {}, []]
)
def test_an_input_that_is_not_there_has_no_choices(client: TestClient, asked: Any) -> None:
    assert client.post("/ssfs/getPicklist", json=asked, headers=KEY).status_code == 400


def test_the_status_tells_what_needs_attention(
    client: TestClient, sqlite_store: SqlStateStore
) -> None:
    sqlite_store.calls.accept(call(1, status="given_up"), [], [])
    sqlite_store.calls.accept(call(2), [call_item(2)], [request(2)])
    told = client.get("/ssfs/status", headers=KEY).json()
    jsonschema.validate(told, published("serviceStatus"))
    assert "1 persons wait" in told["info"][0]
    assert "has been waiting" in told["warnings"][0]
    assert "1 callbacks" in told["errors"][0]


def test_icons_and_instructions_are_served(client: TestClient) -> None:
    for name in ("brandIcon", "serviceIcon"):
        icon = client.get(f"/ssfs/{name}", headers=KEY)
        assert icon.headers["content-type"] == "image/png"
        assert icon.content.startswith(b"\x89PNG")
    page = client.get("/ssfs/providerInstructions", headers=KEY)
    assert page.headers["content-type"].startswith("text/html")
    assert FLOW_STEP in page.text


# ---------------------------------------------------------------- security


@pytest.mark.parametrize("shown", [None, "", "wrong", KEYS[WEBHOOK], KEYS[FLOW_STEP].upper()])
@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_learns_nothing(
    client: TestClient, sqlite_store: SqlStateStore, path: str, shown: str | None
) -> None:
    headers = {} if shown is None else {"x-api-key": shown}
    answer = client.post(f"/ssfs/{path}", json=INVOCATION, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})
    assert sqlite_store.requests() == []


@pytest.mark.parametrize("path", READS)
def test_reading_needs_the_key(client: TestClient, path: str) -> None:
    assert client.get(f"/ssfs/{path}").status_code == 401
    assert client.get(f"/ssfs/{path}", headers=KEY).status_code == 200


def test_without_a_connection_nobody_gets_in(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("", "short"):
        text = json.dumps({"conn_type": "generic", "password": key})
        monkeypatch.setenv("AIRFLOW_CONN_LEADSYNC_FLOW_STEP", text)
        ssfs.key.forget()
        assert client.get("/ssfs/status", headers={"x-api-key": key}).status_code == 401


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "https://evil.example/x", "http://127.0.0.1/x"]
)
def test_callbacks_cannot_be_sent_anywhere(client: TestClient, url: str) -> None:
    answer = submit(client, {**INVOCATION, "callbackUrl": url})
    assert answer.status_code == 400
    assert "callbackUrl" in answer.json()["detail"]


def test_a_body_that_is_too_large_is_not_read(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssfs, "MOST_BYTES", 100)
    assert submit(client, INVOCATION).status_code == 413

    def in_pieces() -> Any:
        yield from [b" " * 60] * 3

    answer = client.post("/ssfs/submitAsyncAction", content=in_pieces(), headers=KEY)
    assert answer.status_code == 413


def test_too_many_calls_are_told_when_to_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = {"password": KEYS[FLOW_STEP], "extra": {"calls_per_minute": 2}}
    monkeypatch.setenv("AIRFLOW_CONN_LEADSYNC_FLOW_STEP", json.dumps(limited))
    key = ssfs.key
    key.forget()
    monkeypatch.setattr(key, "_rate", type(key._rate)())
    codes = [client.get("/ssfs/status", headers=KEY) for _ in range(3)]
    assert [answer.status_code for answer in codes] == [200, 200, 429]
    assert 0 < int(codes[-1].headers["retry-after"]) <= 31


def test_an_error_of_the_store_is_an_error_without_details(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise TransientApiError("secret detail", system="dynamics", call="GET x")

    monkeypatch.setattr(services, "state_store", broken)
    answer = submit(client, INVOCATION)
    assert answer.status_code == 500
    assert "secret" not in answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
CHANGED = st.dictionaries(st.sampled_from(sorted(INVOCATION)), JSON, max_size=3)
BODIES = st.one_of(
    CHANGED.map(lambda changed: json.dumps({**INVOCATION, **changed}).encode()),
    JSON.map(lambda content: json.dumps(content).encode()),
    st.binary(max_size=200),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(st.sampled_from(PATHS), BODIES)
def test_no_body_breaks_the_service(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(f"/ssfs/{path}", content=body, headers=KEY)
    assert answer.status_code in (200, 201, 400), body
