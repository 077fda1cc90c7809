"""``leadsync explain`` over both systems' HTTP APIs."""

from __future__ import annotations

import json

from support.mapped import remap
from support.synced import Synced

SHAPE = {"subject", "links", "fields", "events", "blocked_by"}
EVENT = {"at", "cycle_id", "kind", "field", "from", "to", "side", "rule"}


def test_a_persons_story_names_every_write_and_what_holds_the_rest(synced: Synced) -> None:
    person, row = synced.linked(emailaddress1="ann@example.com", jobtitle="CTO")
    synced.edit_person(person, title="CIO", firstName="x" * 90)
    synced.cycle()
    done = synced.command("explain", "Ann@Example.com", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == SHAPE
    assert [link["dynamics_id"] for link in told["links"]] == [row]
    assert all(set(event) >= EVENT for event in told["events"])
    (made,) = [e for e in told["events"] if e["field"] == "title"]
    assert (made["kind"], made["to"]) == ("created", "CTO")
    (title,) = [one for one in told["fields"] if one["field"] == "title"]
    assert (title["base"], title["marketo"], title["dynamics"]) == ("CTO", "CIO", "CTO")
    (held,) = told["blocked_by"]
    assert (held["status"], held["failures"][0]["field"]) == ("open", "firstname")

    synced.edit_person(person, firstName="Ann")
    synced.cycle()
    again = json.loads(synced.command("explain", str(person), "--json").stdout)
    changes = {e["field"]: (e["from"], e["to"]) for e in again["events"] if e["kind"] == "written"}
    assert changes == {"title": ("CTO", "CIO"), "firstName": (None, "Ann")}
    assert again["blocked_by"] == []
    shown = synced.command("explain", f"lead:{row}")
    assert "Nothing holds it back." in shown.stdout


def test_whom_nobody_can_mean_is_one_clear_message(synced: Synced) -> None:
    answer = synced.command("explain", "Ann Ek")
    assert answer.returncode == 2
    assert "What to do: Give a Marketo id" in answer.stderr


def test_a_value_that_was_cut_is_told_as_it_was_sent(synced: Synced) -> None:
    """The journal holds what was written, not what it was cut from (S057)."""
    remap(synced, title={"on_invalid": "truncate"})
    person, row = synced.linked(emailaddress1="ann@example.com", jobtitle="CTO")
    synced.edit_person(person, title="y" * 150)
    synced.cycle()
    (written,) = synced.story(person, "written")
    assert written["marketo"] == synced.row(row)["jobtitle"] == "y" * 100
