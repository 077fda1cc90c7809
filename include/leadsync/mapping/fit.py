"""Checks that an entry's settings make sense for the types of its two ends."""

from __future__ import annotations

from leadsync.mapping.model import FieldEntry, Scalar
from leadsync.mapping.plan import Converter, RuleId, policy_of
from leadsync.model import DynamicsColumn, MarketoField
from leadsync.values.build import dynamics_family, marketo_family
from leadsync.values.limits import utf16_units
from leadsync.values.marks import is_invalid
from leadsync.values.option import SEPARATOR, duplicate_labels, label_of


def setting_problems(entry: FieldEntry, field: MarketoField, column: DynamicsColumn) -> list[str]:
    """Return what is wrong with rule, policy and normalisers of an entry."""
    is_text = (marketo_family(field), dynamics_family(column)) == ("text", "text")
    problems = []
    if entry.rule == "most_restrictive" and column.type != "Boolean":
        problems.append(
            f"`rule: most_restrictive` works on yes/no columns; {column.name} is {column.type}"
        )
    if entry.normalise and not is_text:
        problems.append(f"`normalise` works on text; {column.name} is {column.type}")
    if entry.when_null and column.type != "Boolean":
        problems.append(f"`when_null` works on yes/no columns; {column.name} is {column.type}")
    if entry.when_null and entry.rule == "most_restrictive":
        problems.append("`when_null: true` would opt out everybody without a value")
    if _cuts(entry) and not is_text:
        problems.append(f"`on_invalid: truncate` works on text; {column.name} is {column.type}")
    return problems


def _cuts(entry: FieldEntry) -> bool:
    rules: tuple[RuleId, ...] = ("max_length", "max_bytes")
    return any(policy_of(entry.on_invalid, rule) == "truncate" for rule in rules)


def label_problems(field: MarketoField, column: DynamicsColumn) -> list[str]:
    """Return labels that cannot be told apart (S062); codes in a Marketo number always can."""
    if marketo_family(field) != "text" or not column.options:
        return []
    problems = [
        f'{column.name} has the label "{label}" on the values {_listed(codes)}; rename one of '
        "them in Dynamics"
        for label, codes in duplicate_labels(column.options).items()
    ]
    if column.type == "MultiSelectPicklist":
        problems.extend(
            f'{column.name} has the label "{option.label}" with a semicolon, which separates '
            "labels in Marketo; rename it in Dynamics"
            for option in column.options
            if SEPARATOR in label_of(option)
        )
    return problems


def canonical_default(
    default: Scalar | None, converter: Converter, column: DynamicsColumn
) -> tuple[str | None, str]:
    """Return ``default_on_create`` in canonical form, or what is wrong with it."""
    if default is None:
        return None, ""
    value = converter.from_marketo(default)
    if value is None or is_invalid(value):
        value = converter.from_dynamics(default)
    if value is None or is_invalid(value):
        return None, f"`default_on_create: {default}` is no value of {column.name} ({column.type})"
    length = utf16_units(value)
    if column.max_length is not None and length > column.max_length:
        return None, f"`default_on_create` is too long: {column.name} {length}/{column.max_length}"
    return value, ""


def _listed(codes: tuple[int, ...]) -> str:
    return " and ".join(map(str, codes))
