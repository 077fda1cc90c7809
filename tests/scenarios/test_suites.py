"""Suites generated from the metadata of live systems, and their files (semantics.md 7)."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadsync.cli.main import leadsync
from leadsync.settings import PROJECT
from support.synced import Synced

SHIPPED = PROJECT / "include" / "gx"
SHORTER = "firstname holds at most 50 UTF-16 units. Now: firstname holds at most 40 UTF-16 units."


@pytest.fixture
def project(synced: Synced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped project, which a test may change."""
    copy = tmp_path / "gx"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("uncommitted"))
    monkeypatch.setenv("LEADSYNC_GX", str(copy))
    return copy


def said(*words: str) -> str:
    """What the command line prints."""
    return CliRunner().invoke(leadsync, words).stdout


def test_the_shipped_suites_are_those_of_the_shipped_mapping(synced: Synced, project: Path) -> None:
    shown = json.loads(said("suites", "--json"))
    assert shown["differences"] == [], "write them with: leadsync suites --write"
    assert shown["off"] == ["team_examples"]
    assert len(shown["generated"]) == 8


def test_changed_metadata_is_told_everywhere_and_written_on_demand(
    synced: Synced, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    synced.cycle()
    synced.dynamics.control.edit("change_column", table="lead", column="firstname", length=40)
    synced.forget_schemas()
    with caplog.at_level(logging.WARNING, "leadsync"):
        changes = synced.cycle()["rule_changes"]
    assert [line for line in changes if SHORTER in line] == changes
    assert f"Rule changed: {changes[0]}" in caplog.messages
    before = {path: path.read_bytes() for path in sorted(project.rglob("*.json"))}
    assert SHORTER in said("suites", "--diff")
    assert "2 rules differ from the files" in said("doctor")
    assert {path: path.read_bytes() for path in before} == before
    written = json.loads(said("suites", "--write", "--json"))["written"]
    assert [Path(path).stem for path in written] == ["dynamics_lead_create", "dynamics_lead_update"]
    assert "up to date" in said("suites", "--diff")
    unchanged = [path for path in before if path.stem not in {Path(p).stem for p in written}]
    assert {path: path.read_bytes() for path in unchanged} == {p: before[p] for p in unchanged}


def test_the_teams_example_works_once_it_is_switched_on(synced: Synced, project: Path) -> None:
    path = project / "expectations" / "team_examples.json"
    document = json.loads(path.read_text())
    document["meta"]["leadsync"]["enabled"] = True
    path.write_text(json.dumps(document))
    shown = json.loads(said("suites", "--json"))
    assert shown["team"] == {"team_examples": len(document["expectations"])}
    person, row = synced.linked(emailaddress1="a@example.com", companyname="Contoso")
    synced.edit_person(person, company=None)
    synced.cycle()
    assert synced.row(row)["companyname"] == "Contoso"
    [item] = synced.held()
    assert [one["rule"] for one in item["failures"]] == ["company_of_lead"]


def test_s035_a_lead_without_email_stays_out_where_the_team_asks_for_one(
    synced: Synced, project: Path
) -> None:
    rule = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "email"},
        "meta": {"rule_id": "email_needed", "field": "email", "policy": "hold_record"},
    }
    scope = {"target": "marketo", "tables": ["lead"], "operations": ["create"]}
    suite = {"name": "email", "meta": {"leadsync": scope}, "expectations": [rule]}
    (project / "expectations" / "email.json").write_text(json.dumps(suite))
    row = synced.new_row(lastname="Ek")
    synced.cycle()
    assert synced.people() == []
    [item] = synced.held()
    assert (item["dynamics_id"], item["failures"][0]["rule"]) == (row, "email_needed")
