"""What a failure says: the rule, the target's own field name, the value, the limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from leadsync.validation.formats import FORMATS
from leadsync.values.limits import utf16_units

if TYPE_CHECKING:
    from leadsync.validation.model import Rule, RuleKind

_LONGEST_QUOTE = 100


def message_of(rule: Rule, value: str | None) -> str:
    """Return what is wrong with ``value``, as it is shown to people."""
    return _MESSAGES[rule.kind](rule, value or "")


def _required(rule: Rule, _value: str) -> str:
    return f"missing: {rule.target} is required"


def _max_length(rule: Rule, value: str) -> str:
    return f"too long: {rule.target} {len(value)}/{rule.limit}"


def _max_units(rule: Rule, value: str) -> str:
    return f"too long: {rule.target} {utf16_units(value)}/{rule.limit}"


def _max_bytes(rule: Rule, value: str) -> str:
    return f"too long: {rule.target} {len(value.encode())}/{rule.limit} bytes"


def _format(rule: Rule, value: str) -> str:
    name = FORMATS[str(rule.limit)].name
    return f"invalid format: {rule.target} is no {name}: {_quoted(value)}"


def _minimum(rule: Rule, value: str) -> str:
    return f"too small: {rule.target} {value} < {_number(rule)}"


def _maximum(rule: Rule, value: str) -> str:
    return f"too large: {rule.target} {value} > {_number(rule)}"


def _option(rule: Rule, value: str) -> str:
    return f"unknown option {_quoted(value)} for {rule.target}"


def _type(rule: Rule, value: str) -> str:
    return f"wrong type: {rule.target} is no {rule.limit}: {_quoted(value)}"


def _expectation(rule: Rule, value: str) -> str:
    return f"{rule.rule_id}: {rule.limit} ({rule.target} is {_quoted(value) if value else 'empty'})"


def _quoted(value: str) -> str:
    return f'"{value}"' if len(value) <= _LONGEST_QUOTE else f'"{value[:_LONGEST_QUOTE]}…"'


def _number(rule: Rule) -> str:
    limit = rule.limit
    return str(int(limit)) if isinstance(limit, float) and limit.is_integer() else str(limit)


_MESSAGES: dict[RuleKind, Callable[[Rule, str], str]] = {
    "required": _required,
    "max_length": _max_length,
    "max_units": _max_units,
    "max_bytes": _max_bytes,
    "format": _format,
    "minimum": _minimum,
    "maximum": _maximum,
    "option": _option,
    "type": _type,
    "expectation": _expectation,
}
