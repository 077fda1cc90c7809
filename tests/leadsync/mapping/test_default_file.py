"""The mapping file and the JSON schema that come with the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from leadsync.mapping.load import load_mapping
from leadsync.mapping.plan import policy_of
from leadsync.mapping.resolve import resolve
from leadsync.mapping.schema import main, schema_text
from support.reference_schemas import SCHEMAS

CONFIG = Path(__file__).parents[3] / "include" / "config"
MAPPING = CONFIG / "mapping.yaml"


def test_the_default_mapping_fits_the_out_of_the_box_schemas() -> None:
    plan = resolve(load_mapping(MAPPING), SCHEMAS)
    assert not plan.notes
    assert not plan.suspended
    assert set(plan.tables) == {"lead", "contact"}
    source = plan.tables["lead"].by_name.get("leadSource")
    assert source is not None
    assert policy_of(source.on_invalid, "option") == "hold_field"
    stop = plan.tables["contact"].by_name.get("unsubscribed")
    assert stop is not None
    assert stop.rule == "most_restrictive"
    company = {table: plan.tables[table].by_name.get("company") for table in plan.tables}
    assert {table: f.via for table, f in company.items() if f} == {
        "lead": None,
        "contact": "parentcustomerid",
    }


def test_the_examples_in_comments_are_entries(tmp_path: Path) -> None:
    text = re.sub(r"^owner: \[\]", _without_list, MAPPING.read_text(), flags=re.MULTILINE)
    path = tmp_path / "mapping.yaml"
    path.write_text(re.sub(r"^  # - \{", "  - {", text, flags=re.MULTILINE))
    mapping = load_mapping(path)
    assert len(mapping.fields) == 22 + 13
    assert len(mapping.company) == 13
    assert len(mapping.owner) == 2


def _without_list(match: re.Match[str]) -> str:
    return match.group().removesuffix(" []")


def test_the_json_schema_is_current(tmp_path: Path) -> None:
    assert (CONFIG / "mapping.schema.json").read_text() == schema_text(), (
        "write it with: python -m leadsync.mapping.schema include/config/mapping.schema.json"
    )
    main([str(tmp_path / "schema.json")])
    assert (tmp_path / "schema.json").read_text() == schema_text()


@pytest.mark.parametrize(
    ("entry", "valid"),
    [
        ({"marketo": "a", "lead": "b", "normalise": "trim"}, True),
        ({"marketo": "a", "contact": "b", "normalise": ["trim"], "default_on_create": 3}, True),
        ({"marketo": "a"}, False),
        ({"marketo": "a", "lead": "b", "normalise": "trimmed"}, False),
        ({"marketo": "a", "lead": "b", "colour": "red"}, False),
    ],
)
def test_the_json_schema_judges_as_the_loader_does(
    tmp_path: Path, entry: dict[str, object], valid: bool
) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema_text()))
    assert validator.is_valid({"fields": [entry]}) is valid
