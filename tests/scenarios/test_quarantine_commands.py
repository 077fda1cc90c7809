"""The quarantine on the command line as users work with it, over HTTP and with both stand-ins."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from leadsync.cli.main import leadsync
from support.synced import Synced


def told(*words: str) -> Any:
    """Run a command in this process, because a process of its own takes seconds to start."""
    done = CliRunner().invoke(leadsync, ["quarantine", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refused(*words: str) -> str:
    done = CliRunner().invoke(leadsync, ["quarantine", *words])
    assert done.exit_code != 0
    return f"{done.output} {done.exception}"


def test_rows_are_found_mended_released_and_taken_along(synced: Synced, tmp_path: Path) -> None:
    person, row = synced.linked(emailaddress1="a@example.com")
    plugin = {"table": "lead", "message": "update", "when": {"jobtitle": "Boss"}, "abort": "Boss"}
    synced.dynamics.control.settings(plugins=[plugin])
    bad = synced.new_row(lastname="Ek", emailaddress1="no address")
    synced.edit_person(person, title="Boss")
    synced.cycle()

    causes = told("causes")
    assert {(c["field"], c["source"], c["items"]) for c in causes} == {
        ("email", "validation", 1),
        ("", "server", 1),
    }
    (item,) = told("list", "--field", "email", "--table", "lead", "--text", "ADDRESS")
    assert (item["dynamics_id"], item["person_exists"]) == (bad, False)
    (rule,) = told("missing-rules")
    assert (rule["code"], rule["waiting"]) == ("0x80040265", 1)
    assert "Boss" not in rule["example"]

    path = tmp_path / "held.csv"
    assert told("export", str(path))["lines"] == 2
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert {line["source"] for line in csv.DictReader(file)} == {"validation", "server"}

    assert "break a rule" in refused("fix", item["id"], "email=still none")
    fixed = told("fix", item["id"], "email=ek@example.com", "--release")
    assert fixed["changes"] == [{"field": "email", "from": "no address", "to": "ek@example.com"}]
    assert synced.row(bad)["emailaddress1"] == "ek@example.com"

    synced.dynamics.control.settings(plugins=[])
    ends = told("release", "--source", "server", "--now")
    assert [end["status"] for end in ends] == ["recovered"]
    assert synced.row(row)["jobtitle"] == "Boss"
    synced.cycle()
    assert synced.person_of(bad)["email"] == "ek@example.com"
    assert told("list") == []

    story = told("show", item["id"])
    assert [event["kind"] for event in story["history"]] == [
        *("opened", "fixed", "released", "recovered")
    ]
    assert "(command line)" in story["history"][1]["actor"]
    assert "Name items" in refused("discard", item["id"], "--all")
