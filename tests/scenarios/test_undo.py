"""``leadsync undo`` over both systems' HTTP APIs."""

from __future__ import annotations

import json

from support.synced import Synced


def test_a_cycle_is_taken_back_on_both_sides_and_the_next_one_writes_nothing(
    synced: Synced,
) -> None:
    person, row = synced.linked(emailaddress1="a@x.com", jobtitle="CTO", address1_city="Lund")
    synced.edit_person(person, title="CIO", city="Ystad")
    cycle_id = synced.cycle()["cycle_id"]
    synced.edit_row(row, address1_city="Umeå")
    told = json.loads(synced.command("undo", cycle_id, "--dry-run", "--json").stdout)
    assert [one["fields"] for one in told["changes"]] == [
        [{"field": "title", "from": "CIO", "to": "CTO"}]
    ] * 2
    assert [(one["field"], one["reason"]) for one in told["left"]] == [
        ("city", "the value was changed since")
    ]
    assert synced.row(row)["jobtitle"] == "CIO"

    done = synced.command("undo", cycle_id, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["undone"], len(document["cycles"])) == (1, 1)
    assert (synced.person(person)["title"], synced.row(row)["jobtitle"]) == ("CTO", "CTO")
    synced.cycle()
    assert synced.person(person)["city"] == synced.row(row)["address1_city"] == "Umeå"
    synced.forget_calls()
    synced.cycle()
    assert synced.record_writes() == 0
    assert (synced.person(person)["title"], synced.row(row)["jobtitle"]) == ("CTO", "CTO")


def test_an_unknown_cycle_is_one_clear_message(synced: Synced) -> None:
    answer = synced.command("undo", "20200101T000000-nothing")
    assert answer.returncode == 2
    assert "There is no cycle" in answer.stderr
    assert "leadsync status" in answer.stderr
