"""``leadsync erase``: nothing of a person is left but a hash (semantics.md 8.F)."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from support.synced import Synced

ADDRESS = "Ann.Ek@example.com"


def erase(synced: Synced, *options: str) -> dict[str, dict[str, int]]:
    """Run the command as a user does."""
    done = synced.command("erase", ADDRESS.upper(), "--yes", "--json", *options)
    assert done.returncode == 0, done.stderr
    assert "ann.ek" not in (done.stdout + done.stderr).casefold()
    document: dict[str, dict[str, int]] = json.loads(done.stdout)
    return document


def dump(synced: Synced) -> str:
    """All that the store, staging and validation reports hold, as text."""
    data = Path(synced.environ["LEADSYNC_DATA"])
    with sqlite3.connect(data / "leadsync.db") as database:
        stored = "\n".join(database.iterdump())
    files = [path for path in (data / "staging").rglob("*") if path.is_file()]
    assert {path.parents[1].name for path in files} <= {"reports"}
    return "\n".join([stored, *(path.read_text() for path in files)]).casefold()


def test_s081_nothing_is_left_of_an_erased_person_and_it_does_not_come_back(
    synced: Synced,
) -> None:
    person, _ = synced.linked(firstname="Annabella", emailaddress1=ADDRESS, jobtitle="Florist")
    synced.edit_person(person, title="Gardener", lastName="x" * 90)
    synced.cycle()
    lead = synced.new_row("contact", lastname="Ek", emailaddress1=ADDRESS.lower())
    other, other_row = synced.linked(emailaddress1="bo@example.com", jobtitle="Baker")
    assert "florist" in dump(synced)

    done = erase(synced)
    assert done["deleted"] == {"persons": 1, "lead": 1, "contact": 1}
    left = dump(synced)
    assert not [word for word in ("ann.ek", "annabella", "florist", "gardener") if word in left]
    assert [int(p["id"]) for p in synced.people()] == [other]
    assert {r["leadid"] for r in synced.dynamics.control.records("lead")} == {other_row}
    assert lead not in {r["contactid"] for r in synced.dynamics.control.records("contact")}

    again = synced.new_row(lastname="Ek", emailaddress1=ADDRESS)
    synced.cycle()
    assert [int(p["id"]) for p in synced.people()] == [other]
    assert synced.counts("to_marketo")["out_of_scope"] >= 1
    assert synced.row(again)["lastname"] == "Ek"


def test_s081_an_erasure_can_be_repeated_and_asks_before(synced: Synced) -> None:
    synced.linked(emailaddress1=ADDRESS)
    refused = synced.command("erase", ADDRESS)
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert erase(synced)["deleted"]["persons"] == 1
    assert set(erase(synced)["deleted"].values()) == {0}


def test_s081_records_can_be_kept_and_only_our_memory_erased(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1=ADDRESS)
    erase(synced, "--keep-records")
    assert synced.person(person)["email"] == ADDRESS
    assert synced.engine.store.links_of_persons([person]) == []
    synced.edit_row(row, jobtitle="CTO")
    synced.cycle()
    assert synced.person(person)["title"] is None
    assert synced.counts("to_marketo")["out_of_scope"] == 1


def test_s081_sync_person_refuses_an_erased_address(synced: Synced) -> None:
    erase(synced)
    person = synced.new_person(email=ADDRESS, lastName="Ek")
    done = synced.command("sync-person", str(person), "--json")
    assert "erased" in done.stdout
    assert synced.dynamics.control.records("lead") == []
