"""The person's activity log over HTTP, also when Marketo does not play along (semantics.md 7)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from leadsync.cycle.activity_log.queue import DOUBT, LONGEST_PAUSE
from leadsync.model import Activity, Json
from support.recorded import Recording
from support.synced import Synced

ERRORS: dict[str, Json] = {
    "quota": {"code": "607", "message": "Daily quota reached"},
    "gateway": {"status": 502},
}
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
    """Let Marketo refuse or lose our activities."""
    control = synced.marketo.control
    if what == "permission":
        control.settings(denied_permissions=["Read-Write Activity"])
    elif what in ERRORS:
        control.faults("error", match=ADDING, times=None, params=ERRORS[what])
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
    synced.edit_person(person, firstName="Eva")
    synced.cycle()
    synced.cycle()
    assert len(told(synced)) == 1
    [recovery] = told(synced, "leadsyncSyncRecovered")
    assert (recovery.person_id, recovery.attributes["Field"]) == (person, "firstname")
    assert calls_adding(synced) == 2


def test_cycles_succeed_whatever_happens_and_the_log_is_told_once(
    synced: Synced, recording: Recording
) -> None:
    person = failing(synced)
    gone = synced.new_person(email="b@example.com")
    for what in ("permission", "quota", "drop_before", "gateway"):
        spoil(synced, what)
        report = synced.cycle()
        assert report["activities"]["waiting"] == 1, what
        assert report["activities"]["reason"]
        mend(synced)
        recording.clock.sleep(DOUBT)
    assert told(synced) == []
    spoil(synced, "drop_after")
    [answer] = synced.sync_person(gone)
    assert answer["outcome"] == "quarantined"
    mend(synced)
    assert {activity.person_id for activity in told(synced)} == {person, gone}
    recording.clock.sleep(DOUBT)
    synced.edit_person(person, firstName="Eva")
    synced.marketo.control.edit("delete", id=gone)
    assert synced.cycle()["activities"] == {"sent": 3, "refused": 0, "waiting": 0}
    assert [activity.person_id for activity in told(synced, "leadsyncSyncRecovered")] == [person]
    assert len(told(synced)) == 2


def test_types_that_are_gone_are_named_with_the_remedy(synced: Synced) -> None:
    failing(synced)
    marketo: Any = synced.engine.marketo
    for name in ("leadsyncSyncFailed", "leadsyncSyncRecovered"):
        path = f"/rest/v1/activities/external/type/{name}/delete.json"
        marketo.session.post(path, {}, repeatable=False)
    report = synced.cycle()
    assert "leadsync doctor --provision" in report["activities"]["reason"]
    assert report["degraded"][0].startswith("activity log: 1 entries wait: ")
    doctor = json.loads(synced.command("doctor", "--json").stdout)
    assert any("Dynamics Sync Failed" in note for note in doctor["instructions"])


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
    # the jump of the clock may count as lag beside it
    assert "activity log" in {reason.partition(":")[0] for reason in status["degraded"]}
