"""Resolves `company:` and `owner:`: values of accounts and users, copied to their people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from leadsync.errors import MappingError
from leadsync.mapping.directions import narrow
from leadsync.mapping.fit import label_problems
from leadsync.mapping.lookup import Entry, Lookup
from leadsync.mapping.model import CompanyEntry, OwnerEntry
from leadsync.mapping.plan import RelatedField, RelatedPlan
from leadsync.values.build import build_converter
from leadsync.values.compare import build_comparable

RelatedSection = Literal["company", "owner"]
#: table that each section reads.
RELATED_TABLES: dict[RelatedSection, str] = {"company": "account", "owner": "systemuser"}
_KEYS: dict[RelatedSection, str] = {"company": "account", "owner": "user"}


def related_plan(
    lookup: Lookup, section: RelatedSection, entries: Sequence[CompanyEntry | OwnerEntry]
) -> RelatedPlan | None:
    """Return the plan of a section, or ``None`` where it is empty or its table was not read."""
    table = RELATED_TABLES[section]
    if not any(entry.direction != "off" for entry in entries):
        return None
    if table not in lookup.schemas.dynamics:
        lookup.findings.notes.append(f"`{section}:` is left out: the table {table} was not read")
        return None
    resolved = [
        _related_field(lookup, section, position, entry)
        for position, entry in enumerate(entries)
        if entry.direction != "off"
    ]
    fields = tuple(field for field in resolved if field is not None)
    return RelatedPlan(lookup.schemas.dynamics[table], fields)


def _related_field(
    lookup: Lookup, section: RelatedSection, position: int, entry: CompanyEntry | OwnerEntry
) -> RelatedField | None:
    names = Entry(section, position, entry.marketo, _KEYS[section], entry.source)
    found = lookup.find(names, RELATED_TABLES[section])
    if found is None:
        return None
    field, column = found
    where = names.where(lookup.mapping)
    problems = label_problems(field, column)
    if (left := narrow("to_marketo", field, column)).direction is None:
        problems.append(f"cannot be copied to Marketo: {left.reason}")
    try:
        converter = build_converter(field, column)
    except MappingError as error:
        problems.append(error.message)
    if problems:
        lookup.findings.problems.extend(f"{where}: {problem}" for problem in problems)
        return None
    comparable = build_comparable(field, column, entry.normalise, entry.on_invalid)
    return RelatedField(entry.marketo, field, column, entry.on_invalid, converter, comparable)
