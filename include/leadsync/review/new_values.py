"""New values for a row, as people type them: the field that is meant, and the canonical value."""

from __future__ import annotations

from leadsync.errors import ConfigurationError
from leadsync.mapping.names import nearest, suggestion
from leadsync.mapping.plan import FieldPlan, TablePlan
from leadsync.model import Direction, System
from leadsync.values.marks import is_invalid, shown

#: the conditions of a field that can be corrected for a row on its way to this system.
_FLOWS = {"to_dynamics": ("both", "to_dynamics"), "to_marketo": ("both", "to_marketo")}


def find_field(table: TablePlan, name: str, direction: Direction) -> FieldPlan:
    """Return the field that is meant by its Marketo name or its column.

    :raises ConfigurationError: the table maps none of that name, or it comes from elsewhere.
    """
    wanted = name.strip().casefold()
    for field in table.fields:
        if wanted in (field.name.casefold(), field.column.name.casefold()):
            break
    else:
        near = nearest(name, (f.name for f in table.own))
        raise ConfigurationError(
            f"The mapping has no field {name} of a {table.table}{suggestion(near)}.",
            remedy="Name a mapped field, by its Marketo name or its column.",
        )
    if field.via is not None:
        raise ConfigurationError(
            f"The field {field.name} shows a value of the record behind {field.via}.",
            remedy="Correct it in Dynamics, in that account, user or team.",
        )
    if field.direction not in _FLOWS[direction]:
        raise ConfigurationError(
            f"The field {field.name} of a {table.table} does not flow {direction.replace('_', ' ')}"
            ", so it does not hold this row.",
            remedy="Correct a field that the item names.",
        )
    return field


def canonical_value(field: FieldPlan, side: System, text: str) -> str | None:
    """Return a typed value in its canonical form; nothing clears the field.

    :param side: the system that gets it, whose form is tried first.
    :raises ConfigurationError: the field cannot hold it.
    """
    if not text.strip():
        return field.converter.from_marketo(None)
    read = (field.converter.from_marketo, field.converter.from_dynamics)
    forms = [one(text) for one in (read if side == "marketo" else reversed(read))]
    for value in forms:
        if not is_invalid(value):
            return value
    raise ConfigurationError(
        f"{field.name} cannot be {shown(forms[0])}: it is a {field.column.type} in Dynamics and a "
        f"{field.field.data_type} in Marketo. Nothing was written.",
        remedy="Give a value of that type; a choice by its label or its code.",
    )
