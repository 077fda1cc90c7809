"""Options whose label was renamed in Dynamics: who shows the old label gets the new one (S061).

The base holds codes, so a renamed label is no change of a value and no feed tells of it. What was
renamed is remembered in the state store until every link was looked at, some thousand a cycle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.model import DynamicsColumn, Json, OptionValue, Schemas
from leadsync.state.port import StateStore, Values
from leadsync.values.build import marketo_family
from leadsync.values.option import SEPARATOR, label_of

STORED = "renamed_options"
#: codes by Marketo field, by table.
Codes = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Renamed:
    """What was renamed, and how far its persons have been seen to.

    :param after: id of the link that was looked at last; ``None`` when there is no further one.
    :param again: persons whose write did not come about.
    """

    codes: Codes = field(default_factory=dict)
    after: str | None = ""
    again: tuple[int, ...] = ()

    def concerns(self, table: str, base: Values) -> bool:
        """Tell whether a pair with this base shows a renamed label."""
        fields = self.codes.get(table, {})
        return any(has_code(base.get(name), codes) for name, codes in fields.items())

    def to_json(self) -> Json:
        return {"codes": self.codes, "after": self.after, "again": list(self.again)}


def has_code(value: str | None, codes: list[str]) -> bool:
    """Tell whether a choice, or one of several, is among ``codes``."""
    return value is not None and not set(codes).isdisjoint(value.split(SEPARATOR))


def read_renamed(store: StateStore) -> Renamed | None:
    """Return what is still to be told to persons, if anything is."""
    cached = store.cached_schema(STORED)
    if cached is None or not cached[1]["codes"]:
        return None
    document = cached[1]
    return Renamed(document["codes"], document["after"], tuple(document["again"]))


def write_renamed(store: StateStore, renamed: Renamed, now: datetime) -> None:
    """Remember what is still to be told."""
    store.cache_schema(STORED, renamed.to_json(), now)


def note_renamed(store: StateStore, plan: SyncPlan, known: Schemas | None, now: datetime) -> None:
    """Remember the options that have another label than in the schemas ``known`` before."""
    found = _renamed(plan, known) if known else {}
    if not found:
        return
    before = read_renamed(store) or Renamed()
    codes: Codes = {
        table: {
            name: sorted({*before.codes.get(table, {}).get(name, ()), *found[table].get(name, ())})
            for name in {*before.codes.get(table, {}), *found[table]}
        }
        for table in {*before.codes, *found}
    }
    write_renamed(store, Renamed(codes), now)


def _renamed(plan: SyncPlan, known: Schemas) -> defaultdict[str, dict[str, list[str]]]:
    found: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    for table in plan.tables.values():
        for one in table.fields:
            source = known.dynamics.get(_source(plan, table, one))
            before = source.columns.get(one.column.name) if source else None
            if before is not None and _shows_labels(one):
                codes = _relabelled(before, one.column)
                if codes:
                    found[table.table][one.name] = codes
    return found


def _source(plan: SyncPlan, table: TablePlan, one: FieldPlan) -> str:
    """Return the table that holds the column."""
    if one.via is None:
        return table.table
    related = plan.owner if one.via == "ownerid" else plan.company
    return related.schema.name if related else ""


def _shows_labels(one: FieldPlan) -> bool:
    return one.flows("to_marketo") and marketo_family(one.field) == "text"


def _relabelled(before: DynamicsColumn, now: DynamicsColumn) -> list[str]:
    old, new = _labels(before.options), _labels(now.options)
    return [str(value) for value in sorted(old.keys() & new) if old[value] != new[value]]


def _labels(options: tuple[OptionValue, ...]) -> Mapping[int, str]:
    """Return the present label by value: remembered options begin with the present ones."""
    labels: dict[int, str] = {}
    for option in options:
        labels.setdefault(option.value, label_of(option))
    return labels
