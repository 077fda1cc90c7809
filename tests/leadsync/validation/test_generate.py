"""Rules from metadata: which, with what limit, under which policy (semantics.md 7)."""

from __future__ import annotations

import pytest

from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import OnInvalid, OnInvalidByRule
from leadsync.mapping.resolve import resolve
from leadsync.model import System
from leadsync.validation.generate import rules_for
from leadsync.validation.model import Operation, Rule
from support.reference_schemas import SCHEMAS
from support.wide_plan import wide_plan

PLAN = wide_plan()


def rules(target: System, operation: Operation, field: str) -> dict[str, Rule]:
    return {
        rule.rule_id: rule
        for rule in rules_for(PLAN, "lead", target, operation).rules
        if rule.field == field
    }


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("firstName", {"type": "text", "max_length": 50}),
        ("lastName", {"required": None, "type": "text", "max_length": 50}),
        ("email", {"type": "text", "max_length": 100, "format": "Email"}),
        ("phone", {"type": "text", "max_length": 50, "format": "Phone"}),
        ("site", {"type": "text", "max_length": 200, "format": "Url"}),
        ("mktoPersonNotes", {"type": "text", "max_length": 2000}),
        ("doNotCall", {"type": "yes/no value"}),
        ("leadSource", {"option": ("1", "7", "8", "9", "10")}),
        ("colours", {"option": ("1", "3", "823270000")}),
        ("annualRevenue", {"type": "number", "minimum": 0, "maximum": 100_000_000_000_000}),
        ("employees", {"type": "whole number", "minimum": 0, "maximum": 1_000_000}),
        ("started", {"type": "date and time", "minimum": "1753-01-01"}),
    ],
)
def test_rules_of_dynamics(field: str, expected: dict[str, object]) -> None:
    found = rules("dynamics", "create", field)
    assert {rule_id: rule.limit for rule_id, rule in found.items()} == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("firstName", {"type": "text", "max_length": 255}),
        ("email", {"type": "text", "max_length": 255, "format": "AsciiEmail"}),
        ("mktoPersonNotes", {"type": "text", "max_bytes": 30_000}),
        ("leadSource", {"option": ("1", "7", "8", "9", "10")}),
        ("employees", {"type": "whole number", "minimum": -(2**31), "maximum": 2**31 - 1}),
        ("annualRevenue", {"type": "number"}),
        ("started", {"type": "date and time"}),
    ],
)
def test_rules_of_marketo(field: str, expected: dict[str, object]) -> None:
    found = rules("marketo", "update", field)
    assert {rule_id: rule.limit for rule_id, rule in found.items()} == expected


def test_each_side_counts_lengths_in_its_own_unit() -> None:
    assert rules("dynamics", "update", "firstName")["max_length"].kind == "max_units"
    assert rules("marketo", "update", "firstName")["max_length"].kind == "max_length"
    assert rules("marketo", "update", "mktoPersonNotes")["max_bytes"].kind == "max_bytes"


def test_rules_name_the_targets_own_field() -> None:
    assert rules("dynamics", "create", "email")["format"].target == "emailaddress1"
    assert rules("marketo", "create", "email")["format"].target == "email"


def test_s028_a_default_stands_in_for_a_missing_value_on_create_only() -> None:
    required = rules("dynamics", "create", "company")["required"]
    assert (required.policy, required.limit) == ("default_on_create", "[unknown]")
    assert "required" not in rules("dynamics", "update", "company")


def test_fields_have_rules_in_their_direction_only() -> None:
    entries = [
        {"marketo": "title", "lead": "jobtitle", "direction": "to_marketo"},
        {"marketo": "fax", "lead": "fax", "direction": "to_dynamics"},
    ]
    plan = resolve(Mapping.model_validate({"fields": entries}), SCHEMAS)
    to_marketo = rules_for(plan, "lead", "marketo", "update").rules
    to_dynamics = rules_for(plan, "lead", "dynamics", "update").rules
    assert {rule.field for rule in to_marketo} == {"title"}
    assert {rule.field for rule in to_dynamics} == {"fax"}


@pytest.mark.parametrize(
    ("column", "on_invalid", "operation", "rule_id", "policy"),
    [
        ("firstname", "truncate", "update", "max_length", "truncate"),
        ("firstname", "truncate", "update", "type", "hold_record"),
        ("emailaddress1", "truncate", "update", "max_length", "hold_record"),
        ("firstname", "hold_field", "create", "max_length", "hold_field"),
        ("lastname", "hold_field", "create", "max_length", "hold_record"),
        ("lastname", "hold_field", "create", "required", "hold_record"),
        ("lastname", "hold_field", "update", "required", "hold_field"),
        ("lastname", "hold_record", "update", "required", "hold_record"),
        ("emailaddress1", "warn", "create", "format", "warn"),
        ("emailaddress1", "warn", "create", "max_length", "hold_record"),
        ("lastname", "warn", "create", "required", "warn"),
        ("firstname", {"max_length": "truncate"}, "update", "max_length", "truncate"),
        ("telephone1", {"format": "warn"}, "update", "format", "warn"),
        ("telephone1", {"format": "warn"}, "update", "max_length", "hold_record"),
        ("leadsourcecode", {}, "update", "option", "hold_field"),
        ("leadsourcecode", "hold_record", "update", "option", "hold_record"),
        ("leadsourcecode", {"type": "warn"}, "create", "option", "hold_field"),
    ],
)
def test_a_policy_holds_where_it_can_work(
    column: str, on_invalid: OnInvalidByRule, operation: Operation, rule_id: str, policy: OnInvalid
) -> None:
    entry = {"marketo": "title", "lead": column, "on_invalid": on_invalid}
    plan = resolve(Mapping.model_validate({"fields": [entry]}), SCHEMAS)
    found = {rule.rule_id: rule for rule in rules_for(plan, "lead", "dynamics", operation).rules}
    assert found[rule_id].policy == policy
