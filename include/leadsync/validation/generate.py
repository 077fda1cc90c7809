"""Generates the rules of a target system from its metadata (semantics.md 7).

Dynamics: reference/dataverse-webapi.md 9; what the server does not enforce, business-required
columns and formats, is enforced here. Marketo: reference/marketo-rest.md 6.1 and 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from leadsync.mapping.plan import FieldPlan, OnInvalid, RuleId, SyncPlan, policy_of
from leadsync.model import TOWARDS, System, Table
from leadsync.validation.model import Operation, Rule, RuleKind, RuleSet
from leadsync.values.build import dynamics_family, marketo_family
from leadsync.values.limits import marketo_bytes

Limit = str | int | float | tuple[str, ...] | None

INT32 = (-(2**31), 2**31 - 1)
INT64 = (-(2**63), 2**63 - 1)
#: reference/dataverse-webapi.md 3.1
EARLIEST_DATE = "1753-01-01"
EMAIL, ASCII_EMAIL, URL, PHONE = "Email", "AsciiEmail", "Url", "Phone"
_REQUIRED = ("ApplicationRequired", "SystemRequired")
_LENGTHS: tuple[RuleKind, ...] = ("max_length", "max_units", "max_bytes")
#: how quarantine calls a kind that has another name than its rule.
_RULE_IDS: dict[RuleKind, RuleId] = {
    "required": "required",
    "type": "type",
    "option": "option",
    "max_length": "max_length",
    "max_units": "max_length",
    "max_bytes": "max_bytes",
    "format": "format",
    "minimum": "minimum",
    "maximum": "maximum",
}
_CUTTING_HARMS = (EMAIL, URL)
_TYPE_NAMES = {
    "text": "text",
    "boolean": "yes/no value",
    "integer": "whole number",
    "decimal": "number",
    "date": "date",
    "instant": "date and time",
    "key": "id",
}


@lru_cache(maxsize=256)
def rules_for(plan: SyncPlan, table: Table, target: System, operation: Operation) -> RuleSet:
    """Return the rules for writing rows of ``table`` to ``target``.

    Only fields that are synchronised to ``target`` have rules; an update's rules leave out cells
    that it does not write.
    """
    rules: list[Rule] = []
    for field in plan.tables[table].fields:
        if field.flows(TOWARDS[target]):
            make = _RuleMaker(field, target, operation)
            rules.extend(make.rules())
    return RuleSet(target, table, operation, tuple(rules))


@dataclass(frozen=True, slots=True)
class _RuleMaker:
    """Makes the rules of one field."""

    plan: FieldPlan
    target: System
    operation: Operation

    def rules(self) -> Iterator[Rule]:
        yield from self._required()
        yield from self._type()
        yield from self._lengths()
        yield from self._format()
        yield from self._bounds()

    def _required(self) -> Iterator[Rule]:
        default = self.plan.default_on_create
        if self.operation == "create" and default is not None:
            yield self._rule("required", default, "default_on_create")
        elif self._is_required():
            yield self._rule("required", None)

    def _type(self) -> Iterator[Rule]:
        column = self.plan.column
        family = dynamics_family(column)
        if family in ("option", "multi"):
            yield self._rule("option", tuple(str(option.value) for option in column.options))
        else:
            yield self._rule("type", _TYPE_NAMES[family or "text"])

    def _lengths(self) -> Iterator[Rule]:
        if self.target == "dynamics":
            if dynamics_family(self.plan.column) == "text" and self.plan.column.max_length:
                yield self._rule("max_units", self.plan.column.max_length)
        elif marketo_family(self.plan.field) == "text" and self._goes_as_written():
            if self.plan.field.length:
                yield self._rule("max_length", self.plan.field.length)
            if (octets := marketo_bytes(self.plan.field)) is not None:
                yield self._rule("max_bytes", octets)

    def _format(self) -> Iterator[Rule]:
        if self.target == "dynamics":
            if self.plan.column.type == "String" and self.plan.column.format in (EMAIL, URL, PHONE):
                yield self._rule("format", self.plan.column.format)
        elif self.plan.field.data_type.lower() == "email":
            yield self._rule("format", ASCII_EMAIL)

    def _bounds(self) -> Iterator[Rule]:
        lowest, highest = self._marketo_bounds() if self.target == "marketo" else self._bounds_of()
        if lowest is not None:
            yield self._rule("minimum", lowest)
        if highest is not None:
            yield self._rule("maximum", highest)

    def _bounds_of(self) -> tuple[Limit, Limit]:
        column = self.plan.column
        if column.type == "DateTime":
            return EARLIEST_DATE, None
        widest = {"Integer": INT32, "BigInt": INT64}.get(column.type, (None, None))
        return (
            widest[0] if column.minimum is None else column.minimum,
            widest[1] if column.maximum is None else column.maximum,
        )

    def _marketo_bounds(self) -> tuple[Limit, Limit]:
        holds_number = dynamics_family(self.plan.column) not in ("option", "multi")
        whole = marketo_family(self.plan.field) == "integer"
        percent = self.plan.field.data_type.lower() == "percent"
        return INT32 if (whole or percent) and holds_number else (None, None)

    def _goes_as_written(self) -> bool:
        """A choice or Boolean goes to Marketo as a label, whose length Dynamics decides."""
        return dynamics_family(self.plan.column) not in ("option", "multi", "boolean")

    def _is_required(self) -> bool:
        return self.target == "dynamics" and self.plan.column.required in _REQUIRED

    def _rule(self, kind: RuleKind, limit: Limit, policy: OnInvalid | None = None) -> Rule:
        target = self.plan.column.name if self.target == "dynamics" else self.plan.field.name
        return Rule(
            _RULE_IDS[kind], self.plan.name, target, kind, limit, policy or self._policy(kind)
        )

    def _policy(self, kind: RuleKind) -> OnInvalid:
        """Return what a failure of ``kind`` does: the entry's policy where it can work at all.

        Only length can be cut, but never an address. What the server enforces cannot be let through
        with a warning. A required value of a new record cannot be held back alone, because the
        record would be created without it (S029).
        """
        policy = policy_of(self.plan.on_invalid, _RULE_IDS[kind])
        if policy == "default_on_create":  # for what is missing; see values/option.py for choices
            policy = policy_of({}, _RULE_IDS[kind])
        if policy == "truncate" and kind in _LENGTHS and not self._is_address():
            return "truncate"
        if policy == "warn" and not self._is_enforced(kind):
            return "warn"
        needed = self.operation == "create" and self._is_required()
        return "hold_field" if policy == "hold_field" and not needed else "hold_record"

    def _is_enforced(self, kind: RuleKind) -> bool:
        """Tell whether the server refuses what breaks such a rule (dataverse-webapi.md 9)."""
        if self.target == "marketo" or kind not in ("required", "format"):
            return True
        return kind == "required" and self.plan.column.required == "SystemRequired"

    def _is_address(self) -> bool:
        return (
            self.plan.column.format in _CUTTING_HARMS
            or self.plan.field.data_type.lower() == "email"
        )
