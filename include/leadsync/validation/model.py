"""Rules, failures and the result of a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from leadsync.mapping.plan import OnInvalid
from leadsync.model import System, Table

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
]
Operation = Literal["create", "update"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one field of the target system.

    :param rule_id: what quarantine and metrics call the rule.
    :param field: the frame's column (Marketo REST name).
    :param target: the name on the target system, which messages and quarantine use.
    :param kind: what is checked; ``max_length`` counts characters, ``max_units`` UTF-16 code units
        and ``max_bytes`` bytes of UTF-8.
    :param limit: length, bound, format name or accepted values, as ``kind`` needs.
    """

    rule_id: str
    field: str
    target: str
    kind: RuleKind
    limit: str | int | float | tuple[str, ...] | None
    policy: OnInvalid


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules for one system, table and operation."""

    system: System
    table: Table
    operation: Operation
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that breaks a rule; ``position`` counts the frame's rows from 0."""

    position: int
    rule: Rule
    value: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Split:
    """A checked frame.

    :param accepted: rows to write, with truncations and create-defaults applied and held fields
        set to absent; same columns as the input, its index kept.
    :param held_records: failures of rows that are not in ``accepted``.
    :param held_fields: failures that only took a field out of an accepted row.
    :param warnings: failures mended by ``truncate`` or ``default_on_create``.
    """

    accepted: pd.DataFrame
    held_records: tuple[Failure, ...]
    held_fields: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
