"""Rules, failures and the result of a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, get_args

from leadsync.mapping.plan import OnInvalid
from leadsync.model import System, Table
from leadsync.validation.messages import message_of
from leadsync.values.marks import shown

RuleKind = Literal[
    "required",
    "max_length",
    "max_units",
    "max_bytes",
    "format",
    "minimum",
    "maximum",
    "option",
    "type",
    "expectation",
]
Operation = Literal["create", "update"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
#: canonical cells by field (Marketo REST name), all of one length: one cell per record.
Cells: TypeAlias = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one field of the target system.

    :param rule_id: what quarantine and metrics call the rule.
    :param field: the field (Marketo REST name).
    :param target: the name on the target system, which messages and quarantine use.
    :param kind: what is checked; ``max_length`` counts characters, ``max_units`` UTF-16 code units
        and ``max_bytes`` bytes of UTF-8.
    :param limit: length, bound, format name, accepted values, or the sentence of a team's
        expectation, as ``kind`` needs.
    """

    rule_id: str
    field: str
    target: str
    kind: RuleKind
    limit: str | int | float | tuple[str, ...] | None
    policy: OnInvalid

    @property
    def key(self) -> str:
        """What tells the rule from all others of its set."""
        return f"{self.target}.{self.rule_id}"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules for one system, table and operation."""

    system: System
    table: Table
    operation: Operation
    rules: tuple[Rule, ...]


class Failure(NamedTuple):
    """A cell that breaks a rule; ``position`` counts the records from 0."""

    position: int
    rule: Rule
    cell: str | None

    @property
    def value(self) -> str | None:
        """The cell as people see it."""
        return shown(self.cell)

    @property
    def message(self) -> str:
        """What is wrong, with field, value and limit."""
        return message_of(self.rule, self.value)


@dataclass(frozen=True, slots=True)
class Split:
    """What becomes of checked records; those that it does not name go out as they are.

    :param held_records: failures of records that are held back whole.
    :param held_fields: failures that only take a field out of a record.
    :param warnings: failures mended by ``truncate`` or ``default_on_create``, or only told of by
        ``warn``.
    :param mended: new cells by position and field: absent for a held field.
    """

    held_records: tuple[Failure, ...] = ()
    held_fields: tuple[Failure, ...] = ()
    warnings: tuple[Failure, ...] = ()
    mended: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def held(self) -> set[int]:
        """Positions of the records that are held back whole."""
        return {one.position for one in self.held_records}
