"""Turns, pauses, bad records and alarms (semantics.md 8.A and 8.K)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException

from leadsync.cycle import stages
from leadsync.cycle.context import CycleRequest
from leadsync.cycle.decide.breaker import FEW_FAILURES
from leadsync.cycle.runner import run_cycle, run_opened
from leadsync.dynamics.client import DynamicsClient
from leadsync.errors import LeaseHeldError, QuotaSpentError
from leadsync.marketo.client import MarketoClient
from leadsync.model import Json
from leadsync.review.decide import decide_items
from leadsync_airflow import tasks
from support.recorded import Recording, SkippingClock
from support.sandbox import RunningSandbox
from support.synced import Synced


def begin(synced: Synced, holder: str) -> Json:
    """Open a cycle, as the first task of a run does, and leave it open."""
    engine = replace(synced.engine, holder=holder)
    return stages.open_cycle(engine, CycleRequest("scheduled", datetime.now(UTC), run_id=holder))


def finish(synced: Synced, cycle: Json) -> None:
    """Run the other stages of an open cycle."""
    engine = synced.engine
    stages.extract_marketo(engine, cycle)
    stages.extract_dynamics(engine, cycle)
    stages.merge_and_validate(engine, cycle)
    stages.load_dynamics(engine, cycle)
    stages.load_marketo(engine, cycle)
    stages.quarantine_and_commit(engine, cycle)


def test_s005_s122_a_second_cycle_is_refused_while_one_runs(synced: Synced) -> None:
    """Scheduled runs wait for their turn besides: the DAG has one active run at most."""
    first = begin(synced, "worker 1")
    synced.forget_calls()
    with pytest.raises(LeaseHeldError, match="worker 1"):
        synced.cycle()
    refused = synced.command("cycle")
    assert refused.returncode == 1
    assert "worker 1" in refused.stderr
    assert synced.record_writes() == 0
    finish(synced, first)
    synced.cycle()


def test_s005_the_next_scheduled_cycle_starts_after_the_pause(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cycle lasts 12 minutes on a schedule of 5, so its successor is due at once."""
    monkeypatch.setenv("LEADSYNC_PAUSE_SECONDS", "90")
    clock, begun = SkippingClock(), datetime.now(UTC)
    engine = replace(synced.engine, clock=clock)
    monkeypatch.setattr("leadsync.engine.build_engine", lambda: engine)
    run = SimpleNamespace(
        dag_id="lead_sync",
        run_id="second",
        run_type="scheduled",
        run_after=begun,
        data_interval_start=begun,
        data_interval_end=begun + timedelta(minutes=5),
        conf=None,
    )
    context: dict[str, Any] = {"dag_run": run, "params": {}, "task_instance": SimpleNamespace()}
    cycle = stages.open_cycle(engine, CycleRequest("scheduled", begun, run_id="lead_sync/first"))
    with pytest.raises(LeaseHeldError):
        synced.cycle()
    clock.sleep(12 * 60)
    run_opened(engine, cycle)
    [first] = synced.engine.store.cycles(limit=1)
    assert first.closed_at is not None
    with pytest.raises(AirflowRescheduleException) as early:
        tasks.open_cycle(context)
    assert early.value.reschedule_date == first.closed_at + timedelta(seconds=90)
    clock.sleep(91)
    assert tasks.open_cycle(context)["kind"] == "scheduled"


def edit_all(system: RunningSandbox, edits: list[Json]) -> None:
    """Users change many records."""
    made = [{"operation": "update", **edit} for edit in edits]
    system.control.call("POST", "edit", {"edits": made})


def test_s008_changes_of_a_long_pause_are_applied_with_the_last_word_of_each(
    synced: Synced,
) -> None:
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"{n}@example.com") for n in range(50)]
    synced.cycle()
    people = [int(synced.person_of(row)["id"]) for row in rows]
    for step in range(1, 21):
        city, title = {"address1_city": f"C{step}"}, {"title": f"T{step}"}
        edit_all(synced.marketo, [{"id": person, "fields": title} for person in people])
        edit_all(synced.dynamics, [{"id": row, "table": "lead", "fields": city} for row in rows])
    for system in (synced.marketo, synced.dynamics):
        system.control.advance(24 * 3600)
    synced.cycle()
    assert {row["jobtitle"] for row in synced.dynamics.control.records("lead")} == {"T20"}
    assert {person["city"] for person in synced.people()} == {"C20"}


def test_s112_one_bad_record_of_300_is_told_and_the_others_are_written(synced: Synced) -> None:
    leads = [
        {"lastname": "Ek", "emailaddress1": f"{n}@example.com" if n else "no address"}
        for n in range(300)
    ]
    synced.dynamics.control.load(lead=leads)
    synced.cycle()
    assert len(synced.people()) == 299
    [item] = synced.held()
    assert (item["direction"], item["operation"]) == ("to_marketo", "create")
    [failure] = item["failures"]
    assert (failure["rule"], failure["source"]) == ("format", "validation")
    assert failure["message"]


def test_s114_a_spent_quota_ends_the_cycle_and_names_the_reset(
    synced: Synced, recording: Recording
) -> None:
    params = {"code": "607", "message": "Daily quota reached"}
    synced.marketo.control.faults("error", match={"path": "leadchanges"}, params=params)
    row = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    engine = synced.engine
    for _ in range(2):
        with pytest.raises(QuotaSpentError) as spent:
            run_cycle(engine, CycleRequest("manual", engine.clock.now()))
    refused = [e for e in recording.to(synced.marketo.url) if "leadchanges" in e.path]
    assert len(refused) == 1
    assert spent.value.resets_at is not None
    recording.clock.sleep((spent.value.resets_at - engine.clock.now()).total_seconds() + 1)
    run_cycle(engine, CycleRequest("manual", engine.clock.now()))
    assert synced.person_of(row)["email"] == "a@example.com"


def test_s116_a_refused_write_is_not_repeated_until_its_values_change(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    plugin = {"table": "lead", "message": "update", "when": {"jobtitle": "X"}, "abort": "Not X"}
    synced.dynamics.control.settings(plugins=[plugin])
    synced.edit_person(person, title="X")
    synced.cycle()
    [item] = synced.held()
    assert item["failures"][0]["source"] == "server"
    synced.forget_calls()
    for _ in range(3):
        synced.cycle()
    assert synced.record_writes() == 0
    synced.edit_person(person, title="Y")
    synced.cycle()
    assert synced.row(row)["jobtitle"] == "Y"
    assert synced.held() == []


def test_s124_too_many_failures_stop_the_cycle_with_one_error(synced: Synced) -> None:
    leads = [{"lastname": "Ek", "emailaddress1": f"bad {n}"} for n in range(FEW_FAILURES)]
    synced.dynamics.control.load(lead=leads)
    good = synced.new_row(lastname="Ek", emailaddress1="a@example.com")
    stopped = synced.command("cycle", "--json")
    assert stopped.returncode == 1
    assert f"{FEW_FAILURES} x email format" in stopped.stderr
    assert "What to do:" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert synced.engine.store.cycles(limit=1)[0].status == "failed"
    assert synced.people() == []
    assert synced.held() == []
    for lead in synced.dynamics.control.records("lead"):
        if lead["leadid"] != good:
            synced.edit_row(lead["leadid"], emailaddress1=f"{lead['leadid']}@example.com")
    synced.cycle()
    assert len(synced.people()) == FEW_FAILURES + 1


def test_f11_a_retry_waits_its_turn_and_loses_no_entry(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, firstName="x" * 60)
    synced.cycle()
    [item] = synced.held()
    running = begin(synced, "one")
    with pytest.raises(LeaseHeldError):
        decide_items(synced.engine.store, SkippingClock(), [item["id"]], "released", "a person")
    finish(synced, running)
    decide_items(synced.engine.store, SkippingClock(), [item["id"]], "released", "a person")
    synced.cycle()
    [again] = synced.held()
    assert (again["id"], again["attempts"]) == (item["id"], 2)
    synced.edit_person(person, firstName="Eva")
    synced.cycle()
    assert synced.row(row)["firstname"] == "Eva"
    assert synced.held() == []


def test_f17_what_was_written_before_the_quota_ended_is_kept(
    synced: Synced, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MarketoClient, "batch_size", 2)
    for n in range(6):
        synced.new_row(lastname="Ek", emailaddress1=f"{n}@example.com")
    match = {"path": "/rest/v1/leads.json", "method": "POST"}
    params = {"code": "607", "message": "Daily quota reached"}
    synced.marketo.control.faults("error", match=match, after_n=1, times=5, params=params)
    with pytest.raises(QuotaSpentError):
        synced.cycle()
    assert len(synced.people()) == 2
    synced.marketo.control.clear_faults()
    recording.clock.sleep(timedelta(days=1).total_seconds())
    synced.cycle()
    assert len(synced.people()) == 6
    assert len({person["leadsyncDynamicsId"] for person in synced.people()}) == 6


def test_f20_the_row_that_the_server_refuses_is_named_and_the_batch_goes_on(
    synced: Synced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DynamicsClient, "batch_size", 3)
    rows = [synced.new_row(lastname="Ek", emailaddress1=f"{n}@example.com") for n in range(5)]
    synced.cycle()
    people = [int(synced.person_of(row)["id"]) for row in rows]
    plugin = {"table": "lead", "message": "update", "when": {"jobtitle": "X"}, "abort": "Not X"}
    synced.dynamics.control.settings(plugins=[plugin])
    for number, person in enumerate(people):
        synced.edit_person(person, title="X" if number == 1 else "Y")
    synced.cycle()
    assert [synced.row(row)["jobtitle"] for row in rows] == ["Y", None, "Y", "Y", "Y"]
    [item] = synced.held()
    assert (item["marketo_id"], item["dynamics_id"]) == (people[1], rows[1])
    assert "Not X" in item["failures"][0]["message"]
