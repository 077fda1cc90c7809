"""Rules as Great Expectations documents: what the project's JSON files hold and a cycle checks.

A document is made without importing the library. Ids and order depend on names alone, so that a
changed rule is a small difference in a file.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import cache
from typing import Literal

from leadsync.errors import LeadsyncError
from leadsync.mapping.plan import OnInvalid
from leadsync.model import Json
from leadsync.validation.formats import FORMATS
from leadsync.validation.measures import GOOD, measure_name
from leadsync.validation.model import Rule, RuleSet

#: version of the library that writes and reads suites in this form.
GX_VERSION = "1.24.1"
GENERATED = "generated"
_IDS = uuid.UUID("5d0b6c1e-51ab-5f1e-9d4b-6c65616473ff")

Severity = Literal["critical", "warning", "info"]
SEVERITIES: dict[OnInvalid, Severity] = {
    "hold_record": "critical",
    "hold_field": "critical",
    "truncate": "warning",
    "default_on_create": "warning",
    "warn": "warning",
}


def suite_name(rules: RuleSet) -> str:
    """Return the suite's name, such as ``dynamics_lead_create``."""
    return f"{rules.system}_{rules.table}_{rules.operation}"


def suite_document(rules: RuleSet) -> Json:
    """Return the suite that stands for ``rules``."""
    name = suite_name(rules)
    return suite(name, GENERATED, [expectation_document(name, rule) for rule in rules.rules])


def suite(name: str, kind: str, expectations: Sequence[Json]) -> Json:
    """Return a suite's document around ``expectations``."""
    return {
        "name": name,
        "id": stable_id(name),
        "expectations": list(expectations),
        "meta": {"great_expectations_version": GX_VERSION, "leadsync": {"kind": kind}},
        "notes": None,
    }


def expectation_document(name: str, rule: Rule) -> Json:
    """Return the expectation that stands for ``rule`` in the suite ``name``.

    :raises LeadsyncError: the rule has no bound although its kind needs one.
    """
    kind, limits = _expectation(rule)
    return {
        "type": kind,
        "kwargs": {"column": measure_name(rule), **limits},
        "meta": {
            "rule_id": rule.rule_id,
            "field": rule.field,
            "column": rule.target,
            "policy": rule.policy,
        },
        "id": stable_id(f"{name}/{rule.key}"),
        "description": describe(rule),
        "severity": SEVERITIES[rule.policy],
    }


@cache
def stable_id(name: str) -> str:
    """Return the id that ``name`` always has."""
    return str(uuid.uuid5(_IDS, name))


def _expectation(rule: Rule) -> tuple[str, Json]:
    limit = rule.limit
    match rule.kind:
        case "required":
            return "expect_column_values_to_not_be_null", {}
        case "option":
            codes = [int(code) for code in limit] if isinstance(limit, tuple) else []
            return "expect_column_values_to_be_in_set", {"value_set": codes}
        case "type" | "format":
            return "expect_column_values_to_be_in_set", {"value_set": [GOOD]}
        case "minimum":
            return "expect_column_values_to_be_between", {"min_value": _bound(rule)}
        case _:
            return "expect_column_values_to_be_between", {"max_value": _bound(rule)}


def _bound(rule: Rule) -> float:
    if isinstance(rule.limit, str):
        return int(rule.limit.replace("-", ""))
    if isinstance(rule.limit, int | float):
        return rule.limit
    raise LeadsyncError(f"The rule {rule.rule_id} on {rule.target} has no bound: {rule.limit!r}.")


def describe(rule: Rule) -> str:
    """Return the rule as a sentence for people."""
    name, limit = rule.target, rule.limit
    match rule.kind:
        case "required":
            default = f"; a new record without it gets {limit}" if limit is not None else ""
            return f"{name} is required{default}."
        case "type":
            return f"{name} is a {limit}."
        case "option":
            return f"{name} holds known options only."
        case "format":
            return f"{name} is a valid {FORMATS[str(limit)].name}."
        case "minimum":
            return f"{name} is at least {limit}."
        case "maximum":
            return f"{name} is at most {limit}."
        case _:
            unit = measure_name(rule).removeprefix(f"{name} ")
            return f"{name} holds at most {limit} {unit}."
