"""Resolves a mapping against the schemas of both systems into what the cycle works with."""

from __future__ import annotations

from dataclasses import replace

from leadsync.errors import ConfigurationError, MappingError
from leadsync.mapping.directions import narrow
from leadsync.mapping.findings import Findings
from leadsync.mapping.fit import canonical_default, label_problems, setting_problems
from leadsync.mapping.lookup import Entry, Lookup
from leadsync.mapping.model import FieldEntry, Mapping
from leadsync.mapping.names import nearest, suggestion
from leadsync.mapping.own import require_own_fields
from leadsync.mapping.plan import (
    DEFAULT_SUMMED,
    FieldPlan,
    Policies,
    SyncPlan,
    TablePlan,
    policy_of,
)
from leadsync.mapping.related import RELATED_SECTIONS, RelatedSection, related_plan
from leadsync.mapping.related_fields import unreached, with_related
from leadsync.mapping.rules_hash import rules_hash
from leadsync.model import TABLES, DynamicsColumn, MarketoField, Schemas, Table
from leadsync.values.build import Reading, build_converter, marketo_family
from leadsync.values.compare import build_comparable


def resolve(
    mapping: Mapping,
    schemas: Schemas,
    previous: Schemas | None = None,
    known: Schemas | None = None,
) -> SyncPlan:
    """Fit ``mapping`` to ``schemas``.

    :param previous: the schemas of the last plan that was in use. With it, a name that has vanished
        since then suspends its field only (S117, S118).
    :param known: the schemas of the last plan of any mapping; default: ``previous``. Labels that
        were renamed since then are still understood (S061).
    :raises MappingError: lists every name that does not exist, with the nearest one, and every
        setting that does not fit.
    :raises ConfigurationError: leadsync's own fields, or a table, are missing.
    """
    lookup = Lookup(mapping, schemas, previous, known or previous, Findings())
    used = [table for table in TABLES if mapping.columns(table)]
    _require_tables(schemas, used)
    tables = {table: _table_plan(lookup, table) for table in used}
    company = related_plan(lookup, "company", mapping.company)
    owner = related_plan(lookup, "owner", mapping.owner)
    summed = summed_fields(lookup)
    lookup.findings.raise_problems()
    require_own_fields(schemas, used)
    mapped: list[RelatedSection] = [s for s in RELATED_SECTIONS if mapping.related_columns(s)]
    lookup.findings.notes.extend(unreached(tables.values(), mapped))
    tables = {table: with_related(mapping, plan, company, owner) for table, plan in tables.items()}
    fields = [plan for table in tables.values() for plan in table.fields]
    planned = {plan.name for plan in fields}
    names = [
        *(entry.marketo for entry in mapping.fields),
        *(entry.marketo for entry in (*mapping.company, *mapping.owner)),
    ]
    return SyncPlan(
        tables=tables,
        names=tuple(dict.fromkeys(name for name in names if name in planned)),
        policies=Policies(**{**mapping.policies.model_dump(), "sum_on_merge": summed}),
        rules_hash=rules_hash(mapping, fields),
        notes=tuple(dict.fromkeys(lookup.findings.notes)),
        suspended=tuple(dict.fromkeys(lookup.findings.suspended)),
        company=company,
        owner=owner,
    )


def _require_tables(schemas: Schemas, tables: list[Table]) -> None:
    if missing := [table for table in tables if table not in schemas.dynamics]:
        raise ConfigurationError(
            f"The mapping uses the Dynamics table {missing[0]}, which was not read.",
            remedy="Give the Dynamics user read access to it, or remove its columns from the "
            "mapping file.",
        )


def summed_fields(lookup: Lookup) -> tuple[str, ...]:
    """Return the fields that add up in merges (S097); the default one where Marketo has it."""
    asked = lookup.mapping.policies.sum_on_merge
    fields = lookup.schemas.marketo
    numbers = [
        name
        for name in asked
        if name in fields and marketo_family(fields[name]) in ("integer", "decimal")
    ]
    where = lookup.mapping.where("policies", "sum_on_merge")
    lookup.findings.problems.extend(
        f'{where}: "{name}" is no number field of Marketo{suggestion(nearest(name, fields))}'
        for name in asked
        if name not in numbers and name not in DEFAULT_SUMMED
    )
    return tuple(numbers)


def _table_plan(lookup: Lookup, table: Table) -> TablePlan:
    resolved = [
        _field_plan(lookup, table, position, entry, column)
        for position, entry in enumerate(lookup.mapping.fields)
        if (column := entry.column(table)) and entry.direction != "off"
    ]
    fields = tuple(plan for plan in resolved if plan is not None)
    return TablePlan(table, lookup.schemas.dynamics[table], fields)


def _field_plan(
    lookup: Lookup, table: Table, position: int, entry: FieldEntry, column_name: str
) -> FieldPlan | None:
    names = Entry("fields", position, entry.marketo, table, column_name)
    found = lookup.find(names, table)
    if found is None:
        return None
    try:
        plan, problems = _fitted(lookup, table, entry, *found)
    except MappingError as error:
        plan, problems = None, [error.message]
    where = names.where(lookup.mapping)
    lookup.findings.problems.extend(f"{where}: {problem}" for problem in problems)
    if plan is not None and plan.direction != entry.direction:
        reason = narrow(entry.direction, *found).reason
        lookup.findings.notes.append(f"{where}: {plan.direction} only, because {reason} ({table})")
    return plan


def _fitted(
    lookup: Lookup, table: Table, entry: FieldEntry, field: MarketoField, column: DynamicsColumn
) -> tuple[FieldPlan | None, list[str]]:
    problems = [*setting_problems(entry, field, column), *label_problems(field, column)]
    narrowed = narrow(entry.direction, field, column)
    if narrowed.direction is None:
        problems.append(f"`direction: {entry.direction}` is impossible: {narrowed.reason}")
        return None, problems
    reading = Reading(lookup.former_options(table, column.name), null=entry.when_null)
    converter = build_converter(field, column, reading)
    default, problem = canonical_default(entry.default_on_create, converter, column)
    if problem:
        problems.append(problem)
    if policy_of(entry.on_invalid, "option") == "default_on_create":
        converter = build_converter(field, column, replace(reading, unknown=default))
    plan = FieldPlan(
        name=field.name,
        table=table,
        field=field,
        column=column,
        direction=narrowed.direction,
        rule=entry.rule,
        on_invalid=entry.on_invalid,
        converter=converter,
        comparable=build_comparable(field, column, entry.normalise, entry.on_invalid),
        default_on_create=default,
    )
    return plan, problems
