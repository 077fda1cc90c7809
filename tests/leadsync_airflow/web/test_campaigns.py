"""Marketo's campaigns call the service over HTTP, and every person is answered once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from leadsync.flow_step.access import FLOW_STEP, WEBHOOK
from leadsync.flow_step.outbox import open_outbox
from leadsync.model import Json
from leadsync_airflow.web import services, ssfs
from leadsync_sandbox.common.serving import serve_in_thread
from support.synced import Synced

from .conftest import KEYS


@pytest.fixture
def service(
    app: FastAPI,
    connections: None,
    synced: Synced,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The web app on a port of its own, with the state store of ``synced``."""
    step = {"password": KEYS[FLOW_STEP], "extra": {"callback_loopback": True}}
    monkeypatch.setenv("AIRFLOW_CONN_LEADSYNC_FLOW_STEP", json.dumps(step))
    ssfs.key.forget()
    store = synced.engine.store
    monkeypatch.setattr(services, "state_store", lambda: store)
    with serve_in_thread(app) as url:
        yield url
    ssfs.key.forget()


@pytest.fixture
def campaign(service: str, synced: Synced) -> Callable[..., list[Json]]:
    """A campaign with the step in it; returns the calls that were made for some persons."""
    fields = {
        "url": f"{service}/ssfs/openapi.json",
        "key": KEYS[FLOW_STEP],
        "callback_base": synced.marketo.url,
    }
    number = synced.marketo.control.edit("create", table="services", fields=fields)

    def run(*persons: int, **changed: Any) -> list[Json]:
        calls: list[Json] = synced.marketo.control.edit(
            "run", table="campaigns", id=1001, service=number, persons=persons, **changed
        )
        return calls

    return run


def new_user(synced: Synced, address: str) -> str:
    names = {"firstname": "Ann", "lastname": "Sales", "domainname": address}
    return synced.new_row("systemuser", internalemailaddress=address, **names)


def serve(synced: Synced) -> None:
    """Do what a run of the DAG does: answer what waits, and send the callbacks."""
    engine = synced.engine
    waiting = engine.store.calls.waiting_requests(1000)
    if waiting:
        synced.ask(*waiting)
    open_outbox(engine.store, engine.clock).deliver()


def answers(synced: Synced) -> dict[int, Json]:
    calls = synced.marketo.control.records("flow_calls")
    items = [item for call in calls for item in (call["answer"] or {}).get("objectData", [])]
    by_person = {item["leadData"]["id"]: item for item in items}
    assert len(by_person) == len(items)
    return by_person


def test_s011_persons_of_a_campaign_become_leads_and_are_answered_once(
    campaign: Callable[..., list[Json]], synced: Synced
) -> None:
    good = synced.new_person(lastName="Ek", email="ek@example.com")
    nameless = synced.new_person(email="nameless@example.com")
    assert [call["status"] for call in campaign(good, nameless, 4711, repeats=2)] == [201]
    serve(synced)
    serve(synced)
    told = answers(synced)
    (row,) = synced.dynamics.control.records("lead")
    assert told[good]["activityData"]["outcome"] == "created"
    assert told[good]["leadData"]["leadsyncDynamicsId"] == row["leadid"]
    assert told[nameless]["activityData"]["errorCode"] == "LEADSYNC_INVALID"
    assert "lastname" in told[nameless]["activityData"]["reason"]
    assert told[4711]["activityData"]["errorCode"] == "LEADSYNC_NO_PERSON"
    assert synced.person(good)["leadsyncDynamicsId"] == row["leadid"]
    assert len(synced.marketo.control.records("activities", typeId=401)) == 3


def test_s012_a_linked_person_is_a_success_and_left_alone(
    campaign: Callable[..., list[Json]], synced: Synced
) -> None:
    person, row = synced.linked()
    campaign(person)
    synced.forget_calls()
    serve(synced)
    told = answers(synced)[person]["activityData"]
    assert (told["success"], told["outcome"], told["dynamicsId"]) == (True, "already_linked", row)
    assert synced.record_writes() == 0


def test_persons_of_many_calls_are_answered_in_one_cycle(
    campaign: Callable[..., list[Json]], synced: Synced
) -> None:
    persons = [synced.new_person(lastName=f"Ek {n}") for n in range(6)]
    campaign(*persons, size=1)
    serve(synced)
    assert answers(synced).keys() == set(persons)
    assert len(synced.reports) == 1
    assert len(synced.dynamics.control.records("lead")) == 6


def test_persons_of_a_batch_campaign_wait_for_the_next_cycle(
    campaign: Callable[..., list[Json]], synced: Synced
) -> None:
    person = synced.new_person(lastName="Ek")
    campaign(person, kind="batch")
    serve(synced)
    assert answers(synced) == {}
    synced.cycle()
    serve(synced)
    assert answers(synced)[person]["activityData"]["outcome"] == "created"


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_callback_whose_reply_is_lost_is_taken_once(
    campaign: Callable[..., list[Json]],
    synced: Synced,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from datetime import timedelta

    from leadsync.flow_step import delivery

    monkeypatch.setattr(delivery, "FIRST_DELAY", timedelta(0))
    person = synced.new_person(lastName="Ek")
    campaign(person)
    synced.marketo.control.faults(kind, match={"path": "/ssfs/callback"}, times=1)
    serve(synced)
    assert answers(synced).keys() == {person}
    assert synced.engine.store.calls.counts().open == 0
    assert synced.engine.store.calls.counts().given_up == 0
    assert len(synced.marketo.control.records("activities", typeId=401)) == 1


def test_s018_users_are_offered_and_get_what_is_assigned_to_them(
    service: str, campaign: Callable[..., list[Json]], synced: Synced
) -> None:
    user = new_user(synced, "ann@sales.example")
    choices = services.read_users()["choices"]
    assert {choice["submittedValue"] for choice in choices} >= {user}
    person = synced.new_person(lastName="Ek")
    campaign(person, options={"syncAs": "lead", "assignTo": user})
    serve(synced)
    (row,) = synced.dynamics.control.records("lead")
    assert row["_ownerid_value"] == user


def test_s031_change_owner_makes_the_lead_first(
    campaign: Callable[..., list[Json]], synced: Synced
) -> None:
    user = new_user(synced, "ann@sales.example")
    person = synced.new_person(lastName="Ek")
    campaign(person, options={"action": "change_owner", "assignTo": "ann@sales.example"})
    serve(synced)
    assert answers(synced)[person]["activityData"]["outcome"] == "assigned"
    (row,) = synced.dynamics.control.records("lead")
    assert row["_ownerid_value"] == user


def test_a_webhook_takes_a_person_over(service: str, synced: Synced) -> None:
    person = synced.new_person(lastName="Ek")
    (call,) = synced.marketo.control.edit(
        "call",
        table="webhooks",
        url=f"{service}/webhook/sync-person",
        headers={"x-api-key": KEYS[WEBHOOK]},
        persons=[person],
        payload='{"leadId": {{lead.Id}}, "syncAs": "contact"}',
    )
    assert (call["status"], json.loads(call["response"])["status"]) == (200, "accepted")
    serve(synced)
    (row,) = synced.dynamics.control.records("contact")
    assert row["new_marketoid"] == person
