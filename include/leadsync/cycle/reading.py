"""Reading current records of either side as canonical values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from leadsync.cycle.context import Engine
from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.mapping.related_fields import VIA
from leadsync.model import (
    DYNAMICS_MARKETO_ID,
    DYNAMICS_SYNC_FLAG,
    MARKETO_DYNAMICS_ID,
    Json,
    Table,
)
from leadsync.state.port import Values
from leadsync.values.keys import canonical_guid, email_key
from leadsync.values.marks import ABSENT

#: columns that every read of a table carries beside the mapped ones, where the table has them.
SYSTEM_COLUMNS = (
    "createdon",
    "modifiedon",
    "statecode",
    "emailaddress1",
    "masterid",
    "originatingleadid",
    "parentcontactid",
    DYNAMICS_SYNC_FLAG,
    DYNAMICS_MARKETO_ID,
)

#: types of person fields that a bulk export leaves out (reference/marketo-rest.md 6.1).
NOT_EXPORTED = frozenset({"formula", "lead_function"})


@lru_cache(maxsize=64)
def row_columns(table: TablePlan) -> tuple[str, ...]:
    """Return the properties to select when reading a table, sorted, primary id first."""
    known = table.schema.columns
    names = {read_name(table, plan) for plan in table.fields}
    names |= {known[name].read_name for name in SYSTEM_COLUMNS if name in known}
    return (table.schema.primary_id, *sorted(names - {table.schema.primary_id}))


def read_name(table: TablePlan, field: FieldPlan) -> str:
    """Return the property of the table by which a field comes, be it a lookup to its target."""
    column = field.column if field.via is None else table.schema.columns[field.via]
    return column.read_name


def row_values(table: TablePlan, raw: Mapping[str, Any]) -> Values:
    """Return a row's canonical values; what the response lacks is left out (S055).

    A secured column that we may not read comes as null (reference/dataverse-webapi.md 19), so its
    null is not known either.
    """
    return {
        plan.name: plan.converter.from_dynamics(raw[name])
        for plan in table.fields
        if plan.via is None
        and (name := plan.column.read_name) in raw
        and not (plan.column.secured and raw[name] is None)
    }


def person_values(table: TablePlan, raw: Mapping[str, Any]) -> Values:
    """Return a person's canonical values; what the response lacks is left out (S055)."""
    return {
        plan.name: plan.converter.from_marketo(raw[plan.name])
        for plan in table.fields
        if plan.name in raw
    }


def read_persons(engine: Engine, plan: SyncPlan, ids: Iterable[int]) -> dict[int, Json]:
    """Read persons by id; those that no longer exist are left out."""
    wanted = [str(person) for person in ids]
    if not wanted:
        return {}
    found = engine.marketo.persons("id", wanted, person_fields(plan))
    return {int(person["id"]): person for person in found}


def read_persons_by(
    engine: Engine, plan: SyncPlan, filter_type: str, values: Sequence[str]
) -> list[Json]:
    """Read persons by e-mail or by our own id field."""
    if not values:
        return []
    return engine.marketo.persons(filter_type, values, person_fields(plan))


def read_rows(engine: Engine, table: TablePlan, ids: Iterable[str]) -> dict[str, Json]:
    """Read current rows by id; those that no longer exist are left out."""
    wanted = sorted(ids)
    if not wanted:
        return {}
    rows = engine.dynamics.rows_by_id(table.table, wanted, row_columns(table))
    return {str(row[table.schema.primary_id]).lower(): row for row in rows}


@lru_cache(maxsize=32)
def person_fields(plan: SyncPlan) -> tuple[str, ...]:
    """Return the fields to ask for when reading persons."""
    return tuple(dict.fromkeys(("id", "email", MARKETO_DYNAMICS_ID, *plan.names)))


def exported_fields(plan: SyncPlan) -> tuple[str, ...]:
    """Return the fields to ask a bulk export for: those of :func:`person_fields` that it knows."""
    computed = {
        field.name
        for table in plan.tables.values()
        for field in table.fields
        if field.field.data_type in NOT_EXPORTED
    }
    return tuple(name for name in person_fields(plan) if name not in computed)


def row_id_of(person: Mapping[str, Any]) -> str | None:
    """Return the id of the row that a person says it belongs to, in lower case."""
    text = str(person.get(MARKETO_DYNAMICS_ID) or "").strip().strip("{}").lower()
    return text or None


def row_record(table: TablePlan, raw: Mapping[str, Any], event: str, origin: str) -> Json:
    """Return the fixed columns of a ``rows`` frame for a row as read."""
    flag = raw.get(DYNAMICS_SYNC_FLAG)
    return {
        "table": table.table,
        "dynamics_id": str(raw[table.schema.primary_id]).lower(),
        "event": event,
        "origin": origin,
        "etag": raw.get("@odata.etag"),
        "created_on": raw.get("createdon"),
        "modified_on": raw.get("modifiedon"),
        "state_code": _text(raw.get("statecode")),
        "sync_flag": None if flag is None else ("true" if flag else "false"),
        "person_id": _text(raw.get(DYNAMICS_MARKETO_ID)),
        "master_id": canonical_guid(raw.get("_masterid_value")),
        "parent_contact_id": canonical_guid(raw.get("_parentcontactid_value")),
        "originating_lead_id": canonical_guid(raw.get("_originatingleadid_value")),
        "email_key": email_key(raw.get("emailaddress1")),
        "account_id": _lookup(raw, VIA["company"][table.table]),
        "owner_id": _lookup(raw, VIA["owner"][table.table]),
    }


def _lookup(raw: Mapping[str, Any], column: str) -> str | None:
    """Return what a row refers to, or the mark for absent where the column was not read."""
    value = raw.get(f"_{column}_value", ABSENT)
    return ABSENT if value == ABSENT else canonical_guid(value)


def as_table(name: str) -> Table:
    """Narrow a stored table name."""
    if name == "lead":
        return "lead"
    if name == "contact":
        return "contact"
    raise ValueError(f"unknown table {name!r}: expected lead or contact")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
