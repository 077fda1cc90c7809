"""Small schemas, mappings and plans for tests of the merge and the cycle."""

from __future__ import annotations

from leadsync.mapping.plan import FieldPlan
from leadsync.model import DynamicsColumn, MarketoField, Table
from leadsync.values.build import build_converter


def field_plan(table: Table = "lead", name: str = "title", column: str = "jobtitle") -> FieldPlan:
    """Return a plain text field, both ways, under the type rule."""
    field = MarketoField(name, name, "string", 255)
    target = DynamicsColumn(column, column, "String", max_length=100)
    return FieldPlan(
        name=name,
        table=table,
        field=field,
        column=target,
        direction="both",
        rule="type_rule",
        on_invalid="hold_record",
        converter=build_converter(field, target),
        comparable=lambda value: value,
    )
