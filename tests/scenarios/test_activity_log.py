"""The person's activity log over HTTP, also when Marketo does not play along (semantics.md 7)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from leadsync.cycle.activity_log.queue import DOUBT, LONGEST_PAUSE
from leadsync.model import Activity, Json
from support.recorded import Recording
from support.synced import Synced

ADDING = {"path": "activities/external.json", "method": "POST"}


def told(synced: Synced, type_name: str = "leadsyncSyncFailed") -> list[Activity]:
    """What persons' activity logs hold of one of our types."""
    marketo = synced.engine.marketo
    types = marketo.activity_types()
    since = synced.engine.clock.now() - timedelta(days=30)
    return list(
        marketo.activities(marketo.paging_token(since), [types[type_name].type_id]).activities
    )


def failing(synced: Synced) -> int:
    """A linked person whose change will be held."""
    person, _ = synced.linked(emailaddress1="a@example.com")
    synced.edit_person(person, firstName="x" * 60)
    return person


def calls_adding(synced: Synced) -> int:
    journal = synced.marketo.control.journal()
    return sum(e["path"].endswith("activities/external.json") for e in journal)


def spoil(synced: Synced, what: str) -> None:
    """Let Marketo refuse, lose or not know our activities."""
    control = synced.marketo.control
    if what == "quota":
        params: Json = {"code": "607", "message": "Daily quota reached"}
        control.faults("error", match=ADDING, times=None, params=params)
    elif what == "gateway":
        control.faults("error", match=ADDING, times=None, params={"status": 502})
    elif what == "permission":
        control.settings(denied_permissions=["Read-Write Activity"])
    else:
        control.faults(what, match=ADDING, times=1)


def mend(synced: Synced) -> None:
    synced.marketo.control.clear_faults()
    synced.marketo.control.settings(denied_permissions=[])


def test_marketers_see_what_failed_and_that_it_recovered(synced: Synced) -> None:
    person = failing(synced)
    report = synced.cycle()
    [activity] = told(synced)
    [item] = synced.held()
    assert activity.person_id == person
    assert activity.attributes["primaryAttributeValue"].startswith(item["id"])
    assert activity.attributes["Field"] == "firstname"
    assert activity.attributes["Message"] == "too long: firstname 60/50"
    assert activity.attributes["Operation"] == "update"
    assert activity.attributes["Cycle"] == report["cycle_id"]
    synced.cycle()
    synced.edit_person(person, firstName="Eva")
    synced.cycle()
    synced.cycle()
    assert len(told(synced)) == 1
    [recovery] = told(synced, "leadsyncSyncRecovered")
    assert (recovery.person_id, recovery.attributes["Field"]) == (person, "firstname")
    assert calls_adding(synced) == 2


def test_a_person_that_the_flow_step_cannot_make_a_row_of_is_told(synced: Synced) -> None:
    person = synced.new_person(email="a@example.com")
    synced.cycle()
    [answer] = synced.sync_person(person)
    assert answer["outcome"] == "quarantined"
    [activity] = told(synced)
    assert (activity.person_id, activity.attributes["Operation"]) == (person, "create")
    assert activity.attributes["Field"] == "lastname"


@pytest.mark.parametrize("what", ["quota", "permission", "gateway", "drop_after", "drop_before"])
def test_the_cycle_succeeds_whatever_happens_and_the_log_is_told_once(
    synced: Synced, recording: Recording, what: str
) -> None:
    person = failing(synced)
    spoil(synced, what)
    report = synced.cycle()
    assert report["counts"]["to_dynamics"]["lead"]["quarantined"] == 1
    assert report["activities"]["waiting"] == 1
    assert report["activities"]["reason"]
    mend(synced)
    recording.clock.sleep(timedelta(days=1).total_seconds() if what == "quota" else DOUBT)
    synced.edit_person(person, firstName="Eva")
    report = synced.cycle()
    assert report["activities"]["waiting"] == 0
    assert len(told(synced)) == 1
    assert len(told(synced, "leadsyncSyncRecovered")) == 1


def test_types_that_are_gone_are_named_and_provisioning_lets_entries_through(
    synced: Synced, recording: Recording
) -> None:
    failing(synced)
    marketo: Any = synced.engine.marketo
    for name in ("leadsyncSyncFailed", "leadsyncSyncRecovered"):
        marketo.session.post(
            f"/rest/v1/activities/external/type/{name}/delete.json", {}, repeatable=False
        )
    report = synced.cycle()
    assert "leadsync doctor --provision" in report["activities"]["reason"]
    assert report["degraded"][0].startswith("activity log: 1 entries wait: ")
    doctor = json.loads(synced.command("doctor", "--json").stdout)
    assert any("Dynamics Sync Failed" in note for note in doctor["instructions"])


def test_a_person_that_was_deleted_meanwhile_ends_the_entry(
    synced: Synced, recording: Recording
) -> None:
    person = failing(synced)
    spoil(synced, "quota")
    synced.cycle()
    mend(synced)
    synced.marketo.control.edit("delete", id=person)
    recording.clock.sleep(timedelta(days=1).total_seconds())
    report = synced.cycle()
    assert report["activities"] == {"sent": 0, "refused": 1, "waiting": 0}
    assert told(synced) == []


def test_waiting_entries_cost_an_empty_cycle_no_call(synced: Synced, recording: Recording) -> None:
    failing(synced)
    synced.cycle()
    spoil(synced, "permission")
    person = synced.new_person(email="b@example.com")
    synced.sync_person(person)
    synced.cycle()
    recording.clock.sleep(LONGEST_PAUSE)
    synced.cycle()
    synced.forget_calls()
    report = synced.cycle()
    assert report["activities"]["waiting"] == 1
    assert (report["calls"]["marketo"], calls_adding(synced)) == (3, 0)
    status = json.loads(synced.command("status", "--json").stdout)
    assert status["activities_waiting"] == 1
    assert [reason.partition(":")[0] for reason in status["degraded"]] == ["activity log"]
