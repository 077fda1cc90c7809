"""Finds an entry's Marketo field and Dynamics column in the schemas, or says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from leadsync.mapping.findings import Findings
from leadsync.mapping.fit import label_problems
from leadsync.mapping.model import Mapping, Section
from leadsync.mapping.names import nearest_by_label, suggestion
from leadsync.model import DynamicsColumn, DynamicsTable, MarketoField, OptionValue, Schemas
from leadsync.values.build import dynamics_family, marketo_family


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's names and where they stand.

    :param key: the entry's key that names the column: ``lead``, ``contact``, ``account``, ``user``.
    """

    section: Section
    position: int
    marketo: str
    key: str
    column: str

    def where(self, mapping: Mapping, key: str = "") -> str:
        """Return the place in the file with the field's name."""
        path = (self.section, self.position, *([key] if key else []))
        return f"{mapping.where(*path)} ({self.marketo})"


@dataclass(frozen=True, slots=True)
class Lookup:
    """The schemas in which entries are looked up.

    :param previous: schemas that the mapping fitted before: what was known there and is gone now,
        or cannot be told apart any more, suspends its entry and is no mistake in the mapping file
        (S117, S118).
    :param known: the latest schemas known before, whatever the mapping was: labels that were
        renamed since are still understood (S061).
    """

    mapping: Mapping
    schemas: Schemas
    previous: Schemas | None
    known: Schemas | None
    findings: Findings

    def find(self, entry: Entry, table: str) -> tuple[MarketoField, DynamicsColumn] | None:
        """Return both ends of an entry; ``None`` when it cannot be synchronised, with a finding."""
        field = self.schemas.marketo.get(entry.marketo)
        schema = self.schemas.dynamics[table]
        column = schema.columns.get(entry.column)
        if field is None:
            self._missing_field(entry)
        if column is None:
            self._missing_column(entry, schema)
        if field is None or column is None or self._has_changed(entry, table, field, column):
            return None
        return field, column

    def former_column(self, table: str, name: str) -> DynamicsColumn | None:
        """Return a column as it was in the previous schemas."""
        return _column(self.previous, table, name)

    def former_options(self, table: str, name: str) -> tuple[OptionValue, ...]:
        """Return the options of a column under all labels that they have had."""
        column = _column(self.known, table, name)
        return column.options if column else ()

    def _missing_field(self, entry: Entry) -> None:
        where = entry.where(self.mapping, "marketo")
        if self.previous and entry.marketo in self.previous.marketo:
            self._suspend(f'{where}: Marketo has no field "{entry.marketo}" any more')
            return
        labels = {name: field.display_name for name, field in self.schemas.marketo.items()}
        self.findings.problems.append(
            f'{where}: Marketo has no field "{entry.marketo}" that REST can see'
            + suggestion(nearest_by_label(entry.marketo, labels))
        )

    def _missing_column(self, entry: Entry, schema: DynamicsTable) -> None:
        where = entry.where(self.mapping, entry.key)
        if self.former_column(schema.name, entry.column):
            self._suspend(f'{where}: {schema.name} has no column "{entry.column}" any more')
            return
        labels = {name: column.display_name for name, column in schema.columns.items()}
        self.findings.problems.append(
            f'{where}: {schema.name} has no column "{entry.column}"'
            + suggestion(nearest_by_label(entry.column, labels))
        )

    def _has_changed(
        self, entry: Entry, table: str, field: MarketoField, column: DynamicsColumn
    ) -> bool:
        before = self.former_column(table, column.name)
        if before and dynamics_family(before) != dynamics_family(column):
            where = entry.where(self.mapping, entry.key)
            self._suspend(
                f"{where}: {table}.{column.name} was {before.type}, now it is {column.type}"
            )
            return True
        old_field = self.previous.marketo.get(field.name) if self.previous else None
        if old_field and marketo_family(old_field) != marketo_family(field):
            where = entry.where(self.mapping, "marketo")
            self._suspend(f"{where}: {field.name} was {old_field.data_type}, now {field.data_type}")
            return True
        problems = label_problems(field, column) if before else []
        for problem in problems:
            where = entry.where(self.mapping, entry.key)
            self._suspend(f"{where}: {problem}", until="that is done")
        return bool(problems)

    def _suspend(self, reason: str, *, until: str = "the mapping file is corrected") -> None:
        self.findings.suspended.append(f"{reason}; the field is not synchronised until {until}")


def _column(schemas: Schemas | None, table: str, name: str) -> DynamicsColumn | None:
    known = schemas.dynamics.get(table) if schemas else None
    return known.columns.get(name) if known else None
