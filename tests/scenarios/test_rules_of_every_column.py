"""Every column of leads and contacts: its rules are what its metadata say, and what the server
does (semantics.md 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from leadsync.mapping.plan import SyncPlan
from leadsync.model import TABLES, RowWrite, Table
from leadsync.validation.generate import rules_for
from leadsync.validation.model import Operation, Rule, RuleSet
from leadsync.validation.plain import check_plain
from leadsync_sandbox.dynamics.layout import read_schema
from leadsync_sandbox.dynamics.schema import Column
from leadsync_sandbox.dynamics.schema import Table as ServerTable
from support.bad_rows import unchecked
from support.connected import ConnectedOrganisation
from support.every_column import (
    CUSTOM_COLUMNS,
    KINDS,
    field_of,
    field_plan,
    kind_of,
    plan_of_every_column,
    probes,
)
from support.sandbox import RunningSandbox

#: what Dynamics' forms check and its Web API does not.
CHECKED_BY_US_ALONE = {"required", "format"}
_INT32 = (-(2**31), 2**31 - 1)
#: a moment in the future is refused there: it says when an imported row was created.
IN_THE_PAST_ONLY = "overriddencreatedon"


@pytest.fixture(scope="module")
def organisation(_served_dynamics: RunningSandbox) -> ConnectedOrganisation:
    """An organisation with a column of every kind."""
    _served_dynamics.sandbox.reset()
    for column in CUSTOM_COLUMNS:
        _served_dynamics.control.edit("add_column", table="lead", **column)
    return ConnectedOrganisation(_served_dynamics)


@pytest.fixture(scope="module")
def defined(
    _served_dynamics: RunningSandbox,
    organisation: ConnectedOrganisation,
) -> Mapping[str, ServerTable]:
    """The tables as the server itself knows them."""
    return read_schema(_served_dynamics.sandbox.database).tables


@pytest.fixture(scope="module")
def plan(organisation: ConnectedOrganisation) -> SyncPlan:
    return plan_of_every_column(organisation.client)


def columns_of(
    plan: SyncPlan, defined: Mapping[str, ServerTable], kind: str
) -> list[tuple[Table, Column]]:
    """Return the mapped columns of a kind as the server defines them."""
    found = [
        (table, defined[table].columns[field.column.name])
        for table in TABLES
        for field in plan.tables[table].fields
        if kind_of(field.column) == kind
    ]
    assert found, f"no column of the kind {kind} is mapped"
    return found


def implied(column: Column) -> dict[str, Any]:
    """Return the rules of a column by its definition: rule and limit."""
    rules: dict[str, Any] = {}
    if column.required in ("ApplicationRequired", "SystemRequired"):
        rules["required"] = None
    match kind_of(column):
        case "text" | "memo":
            rules |= {"type": "text", "max_length": column.length}
        case "e-mail" | "url" | "phone":
            rules |= {"type": "text", "max_length": column.length, "format": column.format}
        case "yes/no":
            rules |= {"type": "yes/no value"}
        case "choice" | "choices":
            rules |= {"option": tuple(str(option.value) for option in column.options)}
        case "whole number":
            lowest, highest = column.minimum, column.maximum
            rules |= {"type": "whole number", "minimum": _INT32[0] if lowest is None else lowest}
            rules |= {"maximum": _INT32[1] if highest is None else highest}
        case "double" | "decimal" | "money":
            bounds = {"minimum": column.minimum, "maximum": column.maximum}
            rules |= {"type": "number", **{k: v for k, v in bounds.items() if v is not None}}
        case "day":
            rules |= {"type": "date", "minimum": "1753-01-01"}
        case "moment":
            rules |= {"type": "date and time", "minimum": "1753-01-01"}
        case _:
            rules |= {"type": "id"}
    return rules


def rules_of(plan: SyncPlan, table: Table, name: str, operation: Operation) -> list[Rule]:
    rules = rules_for(plan, table, "dynamics", operation).rules
    return [rule for rule in rules if rule.target == name]


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_column_has_exactly_the_rules_of_its_metadata(
    plan: SyncPlan, defined: Mapping[str, ServerTable], kind: str, operation: Operation
) -> None:
    for table, column in columns_of(plan, defined, kind):
        rules = rules_of(plan, table, column.name, operation)
        assert {rule.rule_id: rule.limit for rule in rules} == implied(column), column.name
        assert len(rules) == len(implied(column))
        assert {rule.field for rule in rules} == {field_of(column.name)}


def test_every_column_that_can_be_written_is_mapped(
    plan: SyncPlan, defined: Mapping[str, ServerTable]
) -> None:
    """But lookups and states, which are never written as values, and leadsync's own."""
    never = {"Lookup", "Customer", "Owner", "State", "Status", "BigInt"}
    for table in TABLES:
        mapped = {field.column.name for field in plan.tables[table].fields}
        writable = {
            column.name
            for column in defined[table].columns.values()
            if column.create and column.update and column.type not in never
        }
        assert mapped == writable


@dataclass(frozen=True)
class Trial:
    """A value for one column, what our rules say of it, and the row that carries it alone."""

    table: Table
    column: str
    entered: str
    is_held: bool
    write: RowWrite


def trials(plan: SyncPlan, table: Table, column: Column) -> Iterator[Trial]:
    field = field_plan(plan, table, column.name)
    rules = RuleSet(
        "dynamics", table, "create", tuple(rules_of(plan, table, column.name, "create"))
    )
    for entered, bare in probes(column):
        cells = {field.name: [field.converter.from_marketo(entered)]}
        broken = {failure.rule.rule_id for failure in check_plain(cells, rules)}
        body = {column.name: unchecked(field, entered, bare)}
        write = RowWrite("create", table, str(uuid4()), body)
        yield Trial(table, column.name, entered, bool(broken - CHECKED_BY_US_ALONE), write)


@pytest.mark.parametrize("kind", KINDS)
def test_dynamics_refuses_past_a_limit_what_the_rules_hold(
    plan: SyncPlan,
    defined: Mapping[str, ServerTable],
    organisation: ConnectedOrganisation,
    kind: str,
) -> None:
    tried = [
        trial
        for table, column in columns_of(plan, defined, kind)
        if column.name != IN_THE_PAST_ONLY
        for trial in trials(plan, table, column)
    ]
    results = organisation.client.write_rows([trial.write for trial in tried])
    refused = [trial for trial, result in zip(tried, results, strict=True) if result.error]
    assert refused == [trial for trial in tried if trial.is_held]
    assert 0 < len(refused) < len(tried)
