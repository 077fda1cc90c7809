"""Every column of leads and contacts that can be written, mapped to a text field of Marketo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from leadsync.dynamics.client import DynamicsClient
from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import FieldPlan, SyncPlan
from leadsync.mapping.resolve import resolve
from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    MARKETO_OWN_FIELDS,
    TABLES,
    DynamicsColumn,
    Schemas,
    Table,
)
from leadsync_sandbox.dynamics.schema import Column
from support.bad_rows import COLOURS
from support.fields import column, marketo

#: what a column is, of what users of both systems tell apart.
KINDS = (
    "text",
    "e-mail",
    "url",
    "phone",
    "memo",
    "yes/no",
    "choice",
    "choices",
    "whole number",
    "double",
    "decimal",
    "money",
    "day",
    "moment",
    "id",
)
_KIND_OF_TYPE = {
    "Memo": "memo",
    "Boolean": "yes/no",
    "Picklist": "choice",
    "MultiSelectPicklist": "choices",
    "Integer": "whole number",
    "Double": "double",
    "Decimal": "decimal",
    "Money": "money",
    "Uniqueidentifier": "id",
}
#: kinds of which a new organisation has no column that can be written.
CUSTOM_COLUMNS = (
    {"column": "new_ratio", "type": "Decimal", "minimum": -1.5, "maximum": 1.5},
    {"column": "new_colours", "type": "MultiSelectPicklist", "options": COLOURS},
)
#: one long text is enough; the longest column holds 2 GB.
_LONGEST_PROBE = 100_000
_KIND_OF_FORMAT = {"Email": "e-mail", "Url": "url", "Phone": "phone"}


def kind_of(one: DynamicsColumn | Column) -> str:
    """Return the kind of a column."""
    if one.type == "String":
        return _KIND_OF_FORMAT.get(one.format or "", "text")
    if one.type == "DateTime":
        behavior = one.behavior if isinstance(one, Column) else one.date_behavior
        return "day" if behavior == "DateOnly" else "moment"
    return _KIND_OF_TYPE[one.type]


def field_of(name: str) -> str:
    """Return the Marketo field that a column is mapped to."""
    return f"of_{name}"


def plan_of_every_column(client: DynamicsClient) -> SyncPlan:
    """Read both tables' metadata and map each column that the mapping lets be written."""
    tables = {str(name): client.table(name) for name in TABLES}
    own = {DYNAMICS_MARKETO_ID: column(DYNAMICS_MARKETO_ID, "Integer")}
    tables = {n: replace(t, columns={**t.columns, **own}) for n, t in tables.items()}
    entries: dict[str, dict[str, Any]] = {}
    for table, described in tables.items():
        for one in filter(_can_be_mapped, described.columns.values()):
            name = field_of(one.name)
            entries.setdefault(name, {"marketo": name})[table] = one.name
    fields = {name: marketo(name) for name in (*entries, *MARKETO_OWN_FIELDS)}
    mapping = {"fields": list(entries.values())}
    return resolve(Mapping.model_validate(mapping), Schemas(fields, tables))


def _can_be_mapped(one: DynamicsColumn) -> bool:
    writable = one.for_create and one.for_update and not one.computed
    known = one.type in (*_KIND_OF_TYPE, "String", "DateTime")
    return writable and known and one.name != DYNAMICS_MARKETO_ID


class Probe(NamedTuple):
    """A value to try on one column.

    :param bare: what is sent to Dynamics where the value has no canonical form.
    """

    entered: str
    bare: Any = None


def probes(one: Column) -> Iterator[Probe]:
    """Yield values at the column's limits, one past them, and ones of the wrong type."""
    kind = kind_of(one)
    if kind in ("text", "memo", "e-mail", "url", "phone"):
        yield from _texts(one)
    elif kind == "choice":
        yield from (Probe(option.label) for option in (one.options[0], one.options[-1]))
        yield Probe("No such choice", max(option.value for option in one.options) + 1)
    elif kind == "choices":
        yield Probe(";".join(option.label for option in one.options))
        yield Probe(f"{one.options[0].label};Pink", f"{one.options[0].value},4")
    elif kind in ("whole number", "double", "decimal", "money"):
        yield from _numbers(one)
    elif kind == "day":
        yield from map(Probe, ("1753-01-01", "1752-12-31", "9999-12-31", "2025-02-29"))
    elif kind == "moment":
        yield from (Probe(f"{day}T00:00:00Z") for day in ("1753-01-01", "2025-03-30"))
        yield from (Probe(f"{day}T23:59:59Z") for day in ("1752-12-31", "2025-02-29"))
    elif kind == "yes/no":
        yield from map(Probe, ("true", "0", "perhaps"))
    else:
        yield from map(Probe, ("7d1f9c0e-5a34-4a0e-9a59-5f0c1b0f6f10", "7d1f9c0e"))


def _texts(one: Column) -> Iterator[Probe]:
    length = one.length or 0
    if length > _LONGEST_PROBE:
        yield Probe("1")
        return
    for text in ("1", "🙂"):
        units = 1 if text.isascii() else 2
        yield Probe(text * (length // units))
        yield Probe(text * (length // units + 1))


def _numbers(one: Column) -> Iterator[Probe]:
    step = Decimal(1).scaleb(-(one.precision or 0))
    for limit, outwards in ((one.minimum, -step), (one.maximum, step)):
        if limit is not None:
            yield Probe(f"{Decimal(str(limit)):f}")
            yield Probe(f"{Decimal(str(limit)) + outwards:f}")
    yield Probe("many")
    yield Probe("-" + "9" * 35, -int("9" * 35))


def field_plan(plan: SyncPlan, table: Table, name: str) -> FieldPlan:
    """Return the field that a column is mapped to."""
    return next(one for one in plan.tables[table].fields if one.column.name == name)
