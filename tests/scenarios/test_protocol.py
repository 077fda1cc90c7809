"""Every request of whole cycles, judged as a strict server of either system would.

The rules are in ``support.marketo_rules`` and ``support.dynamics_rules``; what a single request
cannot show, such as waits and replays, is told by the order and the times of the requests.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadsync.doctor import Diagnosis, Doctor
from leadsync.errors import QuotaSpentError
from leadsync.status import status_document
from support.dynamics_rules import DynamicsRules
from support.marketo_rules import MarketoRules
from support.recorded import Exchange, Recording
from support.synced import Synced

WRITE = {"path": "batch", "method": "POST"}


def provision(synced: Synced) -> None:
    engine, diagnosis = synced.engine, Diagnosis()
    Doctor(engine.mapping, engine.marketo, engine.dynamics, diagnosis).examine(provision=True)  # type: ignore[arg-type]
    assert diagnosis.ok, diagnosis.checks


def problems(synced: Synced, recording: Recording) -> list[str]:
    """Return what strict servers would complain about, each kind once, with its count."""
    sent = list(recording.exchanges)
    engine = synced.engine
    searchable = engine.marketo.describe_object().searchable  # type: ignore[attr-defined]
    marketo = MarketoRules(engine.marketo.describe(), searchable)
    tables = [engine.dynamics.table(name) for name in ("lead", "contact")]
    dynamics = DynamicsRules({table.entity_set: table for table in tables})
    found = Counter(
        problem
        for exchange in sent
        for rules, origin in ((marketo, synced.marketo.url), (dynamics, synced.dynamics.url))
        if exchange.origin == origin
        for problem in rules.problems(exchange)
    )
    return [f"{times} x {problem}" for problem, times in found.items()]


def calls(recording: Recording) -> set[tuple[str, str]]:
    return {(exchange.method, exchange.path.rsplit("/", 1)[-1]) for exchange in recording.exchanges}


def later(recording: Recording, status: int, origin: str) -> tuple[Exchange, list[Exchange]]:
    """Return the first exchange with ``status``, and what went to its system afterwards."""
    sent = recording.to(origin)
    place = next(n for n, exchange in enumerate(sent) if exchange.status == status)
    return sent[place], sent[place + 1 :]


def test_every_request_of_ordinary_cycles_is_as_documented(
    unprovisioned: Synced, recording: Recording
) -> None:
    synced = unprovisioned
    provision(synced)
    kept = [
        synced.new_row(lastname="Öberg & Søn", emailaddress1=f"a+{n}%@example.com", revenue=10.5)
        for n in range(3)
    ]
    contact = synced.new_row("contact", lastname="Ek", emailaddress1="o'brian@example.com")
    gone = synced.new_row(lastname="Gone")
    synced.cycle()
    person = int(synced.person_of(kept[0])["id"])
    synced.edit_person(person, title="CTO", leadSource="Web", unsubscribed=True, annualRevenue=12)
    synced.edit_person(int(synced.person_of(contact)["id"]), city=None, phone="+46 8 1")
    synced.edit_row(kept[1], jobtitle="CIO", mobilephone="1", description="a\nb \U0001f600")
    synced.edit_row(kept[2], new_synctomkto=False)
    synced.dynamics.control.edit("delete", table="lead", id=gone)
    synced.cycle()
    synced.edit_person(person, title=None, email="new@example.com")
    synced.plan()
    synced.cycle()
    now = datetime.now(UTC)
    synced.backfill(now - timedelta(hours=1), now)
    assert calls(recording) >= {
        ("POST", "fields.json"),
        ("POST", "Attributes"),
        ("POST", "Keys"),
        ("POST", "leads.json"),
        ("POST", "$batch"),
        ("GET", "deletedleads.json"),
    }
    assert all(200 <= exchange.status < 300 for exchange in recording.exchanges)
    assert problems(synced, recording) == []


def test_large_reads_and_writes_stay_within_the_limits(
    synced: Synced, recording: Recording
) -> None:
    rows = [
        {"lastname": f"Ek {n}", "emailaddress1": f"somebody.with.a.long.name.{n}@example.com"}
        for n in range(640)
    ]
    synced.dynamics.control.load(lead=rows)
    synced.cycle()
    people = synced.people()
    assert len(people) == 640
    for person in people[::3]:
        synced.edit_person(int(person["id"]), title="CTO")
    synced.cycle()
    forms = [e for e in recording.exchanges if b"_method=GET" in e.body]
    assert len(forms) == 2
    assert problems(synced, recording) == []


def test_s115_a_refused_token_is_renewed_and_its_call_replayed_once(
    synced: Synced, recording: Recording
) -> None:
    synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    synced.marketo.control.faults("expire_tokens", match={"path": "leads.json", "method": "POST"})
    synced.dynamics.control.faults("expire_tokens", match={"path": "contacts"})
    synced.cycle()
    tokens = Counter(e.origin for e in recording.exchanges if e.path.endswith("/token"))
    assert tokens == {synced.marketo.url: 2, synced.dynamics.url: 2}
    refused, after = later(recording, 401, synced.dynamics.url)
    token, replay = after[:2]
    assert token.path.endswith("/oauth2/v2.0/token")
    assert (replay.url, replay.status) == (refused.url, 200)
    assert replay.headers["authorization"] != refused.headers["authorization"]
    writes = [e for e in recording.to(synced.marketo.url) if e.method == "POST"]
    assert len(writes) == 2
    assert writes[0].body == writes[1].body
    assert len(synced.people()) == 1
    assert problems(synced, recording) == []


def test_s113_nothing_is_sent_before_retry_after_is_over(
    synced: Synced, recording: Recording
) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, title="CTO")
    recording.exchanges.clear()
    busy = {"status": 429, "code": "0x80072322", "headers": {"Retry-After": "30"}}
    synced.dynamics.control.faults("error", match=WRITE, params=busy)
    synced.cycle()
    throttled, after = later(recording, 429, synced.dynamics.url)
    assert after[0].at - throttled.at >= timedelta(seconds=30)
    assert [e.status for e in recording.exchanges if e.path.endswith("$batch")] == [429, 200]
    assert synced.row(row)["jobtitle"] == "CTO"
    status = status_document(synced.engine.store, recording.clock.now(), {})
    assert status["lag_seconds"] >= 30
    assert problems(synced, recording) == []


def test_s114_a_busy_marketo_is_left_alone_for_its_window(
    synced: Synced, recording: Recording
) -> None:
    _, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_row(row, jobtitle="CTO")
    recording.exchanges.clear()
    match = {"path": "/rest/v1/leads.json", "method": "POST"}
    synced.marketo.control.faults("error", match=match, params={"code": "606", "message": "no"})
    synced.cycle()
    first, second = (e for e in recording.to(synced.marketo.url) if e.method == "POST")
    assert second.at - first.at >= timedelta(seconds=20)
    assert first.body == second.body


def test_s114_a_spent_quota_stops_all_calls(synced: Synced, recording: Recording) -> None:
    params: dict[str, Any] = {"code": "607", "message": "Daily quota reached"}
    synced.marketo.control.faults("error", match={"path": "leadchanges"}, params=params)
    recording.exchanges.clear()
    with pytest.raises(QuotaSpentError):
        synced.cycle()
    assert [e.path for e in recording.to(synced.marketo.url)][-1].endswith("leadchanges.json")


@pytest.mark.parametrize("kind", ["drop_after", "truncate"])
def test_f18_a_lost_answer_of_a_write_makes_no_second_record(
    synced: Synced, recording: Recording, kind: str
) -> None:
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    match = {"path": "/rest/v1/leads.json", "method": "POST"}
    synced.marketo.control.faults(kind, match=match)
    synced.cycle()
    synced.edit_person(int(synced.person_of(row)["id"]), title="CTO")
    synced.dynamics.control.faults(kind, match=WRITE)
    synced.cycle()
    synced.cycle()
    assert synced.row(row)["jobtitle"] == "CTO"
    assert len(synced.people()) == 1
    assert problems(synced, recording) == []


def test_an_expired_delta_link_is_replaced_by_one_full_read_after_a_look_at_the_schema(
    synced: Synced, recording: Recording
) -> None:
    synced.linked(emailaddress1="a@example.com")
    synced.dynamics.control.advance(8 * 86_400)
    recording.exchanges.clear()
    synced.cycle()
    reads = [
        ("deltatoken" in e.query, e.status) if e.path.endswith("/leads") else "schema"
        for e in recording.exchanges
        if e.path.endswith("/leads") or e.path.endswith("(LogicalName='lead')")
    ]
    assert reads == [(True, 400), "schema", (True, 400), (False, 200)]
    assert problems(synced, recording) == []
