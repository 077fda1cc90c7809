"""Company and owner fields as fields of leads and contacts, which come through a lookup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from leadsync.mapping.model import Mapping
from leadsync.mapping.plan import FieldPlan, RelatedPlan, TablePlan
from leadsync.mapping.related import RelatedSection
from leadsync.model import Table

#: lookup columns that lead to a person's account and owner (reference/dataverse-webapi.md 7).
VIA: dict[RelatedSection, dict[Table, str]] = {
    "company": {"lead": "parentaccountid", "contact": "parentcustomerid"},
    "owner": {"lead": "ownerid", "contact": "ownerid"},
}
#: tables that a section's lookup may lead to, the one with the mapped columns first.
TARGETS: dict[RelatedSection, tuple[str, str]] = {
    "company": ("account", "contact"),
    "owner": ("systemuser", "team"),
}


def with_related(
    mapping: Mapping, table: TablePlan, company: RelatedPlan | None, owner: RelatedPlan | None
) -> TablePlan:
    """Return ``table`` with the company and owner fields of its people.

    What a lead's own column fills already stays the lead's: a company is first a contact's.
    """
    taken = {entry.marketo for entry in mapping.fields if entry.column(table.table)}
    related = [
        *_through("company", table, company, taken),
        *_through("owner", table, owner, taken),
    ]
    return replace(table, fields=(*table.fields, *related))


def unreached(tables: Iterable[TablePlan], sections: Iterable[RelatedSection]) -> Iterator[str]:
    """Say which sections fill nothing on a table, because its lookup cannot be read."""
    for section in sections:
        for table in tables:
            via = VIA[section][table.table]
            if via not in table.schema.columns:
                yield f"`{section}:` fills nothing on a {table.table}: it has no column {via}"


def _through(
    section: RelatedSection, table: TablePlan, related: RelatedPlan | None, taken: set[str]
) -> Iterable[FieldPlan]:
    via = VIA[section][table.table]
    if related is None or via not in table.schema.columns:
        return
    for field in related.fields:
        if field.name not in taken:
            yield FieldPlan(
                name=field.name,
                table=table.table,
                field=field.field,
                column=field.column,
                direction="to_marketo",
                rule="dynamics_wins",
                on_invalid=field.on_invalid,
                converter=field.converter,
                comparable=field.comparable,
                via=via,
            )
