"""Resolves `company:` and `owner:`: values of accounts and users, copied to their people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from leadsync.errors import MappingError
from leadsync.mapping.directions import narrow
from leadsync.mapping.fit import canonical_default, label_problems
from leadsync.mapping.lookup import Entry, Lookup
from leadsync.mapping.model import CompanyEntry, Mapping, OwnerEntry
from leadsync.mapping.plan import RelatedField, RelatedPlan
from leadsync.values.build import Reading, build_converter, dynamics_family, marketo_family
from leadsync.values.compare import build_comparable

RelatedSection = Literal["company", "owner"]
#: table that each section reads.
RELATED_TABLES: dict[RelatedSection, str] = {"company": "account", "owner": "systemuser"}
RELATED_SECTIONS: tuple[RelatedSection, ...] = get_args(RelatedSection)
TEAM = "team"
TEAM_NAME = "name"
TEAM_COLUMNS = frozenset({TEAM_NAME})
#: column of a user that holds what a team's ``name`` holds.
USER_NAME = "fullname"
_KEYS: dict[RelatedSection, str] = {"company": "account", "owner": "user"}


def related_tables(mapping: Mapping) -> dict[str, frozenset[str]]:
    """Return the tables that the mapped sections read, and their columns."""
    tables = {
        RELATED_TABLES[section]: columns
        for section in RELATED_SECTIONS
        if (columns := mapping.related_columns(section))
    }
    return tables | ({TEAM: TEAM_COLUMNS} if RELATED_TABLES["owner"] in tables else {})


def related_plan(
    lookup: Lookup, section: RelatedSection, entries: Sequence[CompanyEntry | OwnerEntry]
) -> RelatedPlan | None:
    """Return the plan of a section, or ``None`` where it is empty or its table was not read."""
    table = RELATED_TABLES[section]
    if not any(entry.direction != "off" for entry in entries):
        return None
    needed = (table, TEAM) if section == "owner" else (table,)
    unread = [name for name in needed if name not in lookup.schemas.dynamics]
    if unread:
        lookup.findings.suspended.append(
            f"`{section}:` is left out: the table {' and '.join(unread)} cannot be read; give the "
            "application user Read on it at organisation level, or empty the section"
        )
        return None
    resolved = [
        _related_field(lookup, section, position, entry)
        for position, entry in enumerate(entries)
        if entry.direction != "off"
    ]
    fields = tuple(field for field in resolved if field is not None)
    schema = lookup.schemas.dynamics[table]
    if section == "company":
        return RelatedPlan(schema, fields)
    named = _team_field(fields)
    lookup.findings.notes.extend(_blank_for_teams(lookup, fields, named))
    return RelatedPlan(schema, fields, lookup.schemas.dynamics.get(TEAM), named)


def _team_field(fields: Sequence[RelatedField]) -> str | None:
    """Return the text field that shows a team's name: that of the user's name, else the first."""
    texts = [
        field
        for field in fields
        if field.when_team is None
        and (marketo_family(field.field), dynamics_family(field.column)) == ("text", "text")
        and field.field.data_type.lower() not in ("email", "phone", "url")
    ]
    texts.sort(key=lambda field: field.column.name != USER_NAME)
    return texts[0].name if texts else None


def _blank_for_teams(
    lookup: Lookup, fields: Sequence[RelatedField], named: str | None
) -> Iterator[str]:
    """Say which fields a team leaves empty (S106)."""
    for position, entry in enumerate(lookup.mapping.owner):
        planned = any(field.name == entry.marketo for field in fields)
        if planned and entry.marketo != named and entry.when_team is None:
            yield (
                f"{lookup.mapping.where('owner', position)} ({entry.marketo}): empty when a team "
                "owns the record; `when_team` gives a text to show"
            )


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
    when_team = None
    try:
        converter = build_converter(
            field, column, Reading(lookup.former_options(RELATED_TABLES[section], column.name))
        )
        when_team, problem = canonical_default(_when_team(entry), converter, column)
        problems.extend([problem.replace("default_on_create", "when_team")] if problem else [])
    except MappingError as error:
        problems.append(error.message)
    if problems:
        lookup.findings.problems.extend(f"{where}: {problem}" for problem in problems)
        return None
    comparable = build_comparable(field, column, entry.normalise, entry.on_invalid)
    return RelatedField(
        entry.marketo, field, column, entry.on_invalid, converter, comparable, when_team
    )


def _when_team(entry: CompanyEntry | OwnerEntry) -> str | None:
    return entry.when_team if isinstance(entry, OwnerEntry) else None
