"""Files of the project: generated ones follow, those of the team are never touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadsync.errors import ConfigurationError
from leadsync.gx_project.files import generated_suites, team_documents, write_suites
from leadsync.gx_project.team import load_team
from leadsync.model import Json
from leadsync.validation.suites import generated_suites as generate
from support.wide_plan import wide_plan

SUITES = generate(wide_plan())
OURS: Json = {
    "name": "ours",
    "meta": {"leadsync": {"target": "dynamics"}},
    "expectations": [
        {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "companyname"},
            "meta": {"rule_id": "company"},
        }
    ],
}
CODE = """
import great_expectations as gx
import great_expectations.expectations as gxe

def suites():
    rule = gxe.ExpectColumnValuesToNotBeNull(column="companyname", meta={"rule_id": "coded"})
    scope = {"leadsync": {"target": "dynamics", "tables": ["lead"]}}
    return [gx.ExpectationSuite(name="coded", expectations=[rule], meta=scope)]
"""


def put(project: Path, document: Json) -> Path:
    path = project / "expectations" / f"{document['name']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def test_what_is_written_is_read_and_written_once(tmp_path: Path) -> None:
    assert len(write_suites(tmp_path, SUITES)) == len(SUITES)
    assert generated_suites(tmp_path) == SUITES
    assert write_suites(tmp_path, SUITES) == []


def test_only_what_changed_is_written_and_what_is_gone_removed(tmp_path: Path) -> None:
    write_suites(tmp_path, SUITES)
    changed = {**SUITES, "dynamics_lead_update": {**SUITES["dynamics_lead_update"], "notes": "x"}}
    del changed["marketo_lead_create"]
    names = {path.stem for path in write_suites(tmp_path, changed)}
    assert names == {"dynamics_lead_update", "marketo_lead_create"}
    assert generated_suites(tmp_path) == changed


def test_a_suite_of_the_team_survives(tmp_path: Path) -> None:
    path = put(tmp_path, OURS)
    before = path.read_bytes()
    write_suites(tmp_path, SUITES)
    write_suites(tmp_path, {})
    assert path.read_bytes() == before
    assert [name for name, _ in team_documents(tmp_path)] == ["ours.json"]


def test_a_suite_of_the_team_under_a_generated_name_is_not_overwritten(tmp_path: Path) -> None:
    path = put(tmp_path, {**OURS, "name": "dynamics_lead_create"})
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="name of a generated suite"):
        write_suites(tmp_path, SUITES)
    assert path.read_bytes() == before


def test_the_fingerprint_follows_the_team_alone(tmp_path: Path) -> None:
    write_suites(tmp_path, SUITES)
    assert load_team(tmp_path).fingerprint == ""
    put(tmp_path, OURS)
    with_ours = load_team(tmp_path).fingerprint
    off = {"leadsync": {"target": "dynamics", "enabled": False}}
    put(tmp_path, {**OURS, "name": "other", "meta": off})
    assert with_ours and load_team(tmp_path).fingerprint == with_ours


def test_suites_as_code_are_used_too(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "ours.py").write_text(CODE)
    team = load_team(tmp_path)
    assert team.fingerprint
    assert [(suite.name, suite.tables) for suite in team.suites()] == [("coded", ("lead",))]


def test_code_that_fails_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "ours.py").write_text("import nothing_of_this_name")
    with pytest.raises(ConfigurationError, match=r"ours\.py fails when it is imported"):
        load_team(tmp_path).suites()


def test_a_file_that_is_no_suite_is_told_with_its_name(tmp_path: Path) -> None:
    path = put(tmp_path, OURS)
    path.write_text("[]")
    with pytest.raises(ConfigurationError, match=r"ours\.json holds no JSON object"):
        load_team(tmp_path)
