"""A classic webhook: one person, one flat answer, no one without the secret."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from leadsync.flow_step.access import FLOW_STEP, WEBHOOK
from leadsync.state.store import SqlStateStore

from .conftest import KEYS

PATH = "/webhook/sync-person"
KEY = {"x-api-key": KEYS[WEBHOOK]}


def test_a_person_is_taken_over(client: TestClient, sqlite_store: SqlStateStore) -> None:
    answer = client.post(PATH, json={"leadId": 318592, "syncAs": "contact"}, headers=KEY)
    assert answer.status_code == 200
    told = answer.json()
    assert told == {
        "status": "accepted",
        "jobId": told["jobId"],
        "leadId": 318592,
        "syncAs": "contact",
    }
    (asked,) = sqlite_store.requests(waiting=True)
    assert (asked["marketo_id"], asked["sync_as"]) == (318592, "contact")


def test_a_form_is_taken_as_well(client: TestClient, sqlite_store: SqlStateStore) -> None:
    assert client.post(PATH, data={"leadId": "7"}, headers=KEY).status_code == 200
    assert len(sqlite_store.requests()) == 1


def test_a_repetition_has_the_same_job(client: TestClient, sqlite_store: SqlStateStore) -> None:
    first, again = (client.post(PATH, json={"leadId": 7}, headers=KEY).json() for _ in range(2))
    assert (first["status"], again["status"]) == ("accepted", "repeated")
    assert first["jobId"] == again["jobId"]
    assert len(sqlite_store.requests()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong"},
        {"x-api-key": KEYS[FLOW_STEP]},
        {"authorization": KEYS[WEBHOOK]},
        {"authorization": "Basic x"},
    ],
)
def test_a_stranger_learns_nothing(
    client: TestClient, sqlite_store: SqlStateStore, headers: dict[str, str]
) -> None:
    answer = client.post(PATH, json={"leadId": 7}, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Unauthorized"})
    assert sqlite_store.requests() == []


def test_the_secret_may_come_as_a_bearer_token(client: TestClient) -> None:
    headers = {"authorization": f"Bearer {KEYS[WEBHOOK]}"}
    assert client.post(PATH, json={"leadId": 7}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [({}, 400), ({"leadId": "x"}, 400), ({"leadId": 1, "x": "y" * 70_000}, 413)],
)
def test_what_is_wrong_is_refused(client: TestClient, content: Any, status: int) -> None:
    assert client.post(PATH, json=content, headers=KEY).status_code == status
