"""The project opens in Great Expectations' own file context, and checkpoints run on its suites."""

from __future__ import annotations

import os
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from leadsync.gx_project.files import write_suites
from leadsync.settings import PROJECT
from leadsync.validation.generate import rules_for
from leadsync.validation.gx import check_gx, measured_frame
from leadsync.validation.suites import generated_suites
from support.wide_plan import cells_of, wide_plan

PLAN = wide_plan()
NAME = "dynamics_lead_create"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("include")
    shutil.copytree(
        PROJECT / "include" / "gx", root / "gx", ignore=shutil.ignore_patterns("uncommitted")
    )
    write_suites(root / "gx", generated_suites(PLAN))
    before = _files(root)
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    gx = import_module("great_expectations")
    opened = gx.get_context(mode="file", project_root_dir=root)
    assert {suite.name for suite in opened.suites.all()} >= {*generated_suites(PLAN)}
    assert {path: text for path, text in _files(root).items() if path in before} == before
    return opened


def test_a_checkpoint_finds_what_a_cycle_finds(context: Any) -> None:
    gx = import_module("great_expectations")
    cells = cells_of([{"lastName": "Berg", "company": "x"}, {"email": "foo@@bar"}])
    rules = rules_for(PLAN, "lead", "dynamics", "create")
    data = context.data_sources.get("leadsync").get_asset("cells").get_batch_definition("cycle")
    suite = context.suites.get(NAME)
    definition = gx.ValidationDefinition(name=NAME, data=data, suite=suite)
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=NAME,
            validation_definitions=[context.validation_definitions.add(definition)],
            result_format="COMPLETE",
        )
    )
    frame = measured_frame(cells, rules.rules, "create", complete=True)
    [result] = checkpoint.run(batch_parameters={"dataframe": frame}).run_results.values()
    found = {
        (position, one.expectation_config.meta["column"], one.expectation_config.meta["rule_id"])
        for one in result.results
        for position in one.result.get("unexpected_index_list") or ()
    }
    expected = {(f.position, f.rule.target, f.rule.rule_id) for f in check_gx(cells, rules)}
    assert found == expected
    assert not [one for one in result.results if not one.result]


def _files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
