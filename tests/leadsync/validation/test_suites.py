"""Generated suites: stable documents that Great Expectations takes, and their differences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import SyncPlan
from leadsync.mapping.resolve import resolve
from leadsync.model import Json, OptionValue, Schemas
from leadsync.validation.library import built_suite
from leadsync.validation.suites import differences, generated_suites
from support.reference_schemas import with_column
from support.wide_plan import ENTRIES, WIDE_SCHEMAS, wide_plan

SUITES = generated_suites(wide_plan())
COLUMNS = WIDE_SCHEMAS.dynamics["lead"].columns


def suites_of(schemas: Schemas = WIDE_SCHEMAS, **changes: Json) -> dict[str, Json]:
    entries = [{**entry, **changes.get(entry["marketo"], {})} for entry in ENTRIES]
    plan: SyncPlan = resolve(Mapping.model_validate({"fields": entries}), schemas)
    return generated_suites(plan)


def test_there_is_a_suite_for_each_target_and_operation() -> None:
    assert list(SUITES) == [
        "marketo_lead_create",
        "marketo_lead_update",
        "dynamics_lead_create",
        "dynamics_lead_update",
    ]


def test_great_expectations_takes_every_suite_as_it_is() -> None:
    for name, document in SUITES.items():
        built = built_suite(name, document["expectations"]).to_json_dict()
        assert built["expectations"] == document["expectations"]


def test_generating_twice_gives_the_same_text() -> None:
    again = suites_of()
    assert again == SUITES
    ids = [one["id"] for suite in SUITES.values() for one in suite["expectations"]]
    assert len(set(ids)) == len(ids)


def test_an_expectation_tells_rule_field_policy_and_severity() -> None:
    [one] = [
        e
        for e in SUITES["dynamics_lead_create"]["expectations"]
        if e["description"] == ("firstname holds at most 50 UTF-16 units.")
    ]
    assert one["kwargs"] == {"column": "firstname UTF-16 units", "max_value": 50}
    assert one["meta"] == {
        "rule_id": "max_length",
        "field": "firstName",
        "column": "firstname",
        "policy": "truncate",
    }
    assert one["severity"] == "warning"


@pytest.mark.parametrize(
    ("column", "facts", "lines"),
    [
        (
            "firstname",
            {"max_length": 40},
            [
                "~ {}: firstname holds at most 50 UTF-16 units. Now: firstname holds at most 40 "
                "UTF-16 units."
            ],
        ),
        ("firstname", {"max_length": None}, ["- {}: firstname holds at most 50 UTF-16 units."]),
        ("firstname", {"required": "ApplicationRequired"}, ["+ {}: firstname is required."]),
        (
            "leadsourcecode",
            {"options": (*COLUMNS["leadsourcecode"].options[1:], OptionValue(11, "Fair"))},
            ["~ {}: leadsourcecode holds known options only. Options added: 11. Options gone: 1."],
        ),
    ],
)
def test_a_changed_column_is_told_in_a_line(column: str, facts: Json, lines: list[str]) -> None:
    changed = with_column(WIDE_SCHEMAS, "lead", column, replace(COLUMNS[column], **facts))
    expected = [
        line.format(name)
        for name in ("dynamics_lead_create", "dynamics_lead_update")
        for line in lines
    ]
    found = differences(SUITES, suites_of(changed))
    assert [line for line in found if "dynamics" in line] == expected


def test_a_changed_policy_is_told() -> None:
    found = differences(SUITES, suites_of(email={"on_invalid": {"format": "warn"}}))
    assert found == [
        f"~ dynamics_lead_{operation}: emailaddress1 is a valid e-mail address. "
        "Policy hold_record, now warn."
        for operation in ("create", "update")
    ]


def test_nothing_changed_nothing_told() -> None:
    assert differences(SUITES, suites_of()) == []
