"""A plan that is about one field only (S120)."""

from __future__ import annotations

from dataclasses import replace

from leadsync.errors import MappingError
from leadsync.mapping.names import nearest, suggestion
from leadsync.mapping.plan import SyncPlan


def narrowed(plan: SyncPlan, field: str | None) -> SyncPlan:
    """Return ``plan`` with ``field`` as its only one; ``None`` leaves the plan as it is.

    :param field: Marketo REST name.
    :raises MappingError: no synchronised field has the name; tells the nearest one.
    """
    if field is None:
        return plan
    if field not in plan.names:
        near = suggestion(nearest(field, plan.names))
        raise MappingError(
            f"No field {field} is synchronised{near}.",
            remedy="Give the Marketo name of an entry of the mapping file.",
        )
    tables = {
        name: replace(table, fields=fields)
        for name, table in plan.tables.items()
        if (fields := tuple(f for f in table.fields if f.name == field))
    }
    related = any(f.via for table in tables.values() for f in table.fields)
    return replace(
        plan,
        tables=tables,
        names=(field,),
        company=plan.company if related else None,
        owner=plan.owner if related else None,
    )
