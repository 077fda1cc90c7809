"""Changes of scores, which Marketo keeps out of its feed of changed values.

They are activities of a type of their own (reference/marketo-rest.md 8.1, gotcha 47), which is only
followed when a field that may be a score flows to Dynamics: describe shows scores as integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from leadsync.mapping.plan import SyncPlan
from leadsync.marketo.activities import CHANGE_SCORE
from leadsync.model import Activity, FieldChange
from leadsync.values.build import marketo_family


def score_types(plan: SyncPlan) -> tuple[int, ...]:
    """Return the activity types that tell of scores, none where the mapping needs none."""
    return (CHANGE_SCORE,) if _names(plan) else ()


def score_changes(plan: SyncPlan, activities: Iterable[Activity]) -> Iterator[Activity]:
    """Return the changes of mapped scores in the shape of any other field's changes."""
    names = _names(plan)
    for activity in activities:
        told = {name.casefold(): value for name, value in activity.attributes.items()}
        name = names.get(str(told.get("primaryattributevalue") or "").casefold())
        if activity.type_id == CHANGE_SCORE and name is not None:
            change = FieldChange(name, _text(told.get("old value")), _text(told.get("new value")))
            yield replace(activity, changes=(change,))


@lru_cache(maxsize=32)
def _names(plan: SyncPlan) -> Mapping[str, str]:
    """Return REST names by display name, by which these activities call a field."""
    return {
        field.field.display_name.casefold(): field.name
        for table in plan.tables.values()
        for field in table.own
        if field.flows("to_dynamics") and marketo_family(field.field) == "integer"
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
