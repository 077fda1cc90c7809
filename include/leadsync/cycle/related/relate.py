"""Give people the values of their account and owner (semantics.md 1).

The values are part of the Dynamics side of a pair: they come with the row that refers to them, or
alone when an account has changed and its contacts have not (S038). From there on they are fields
with the direction ``to_marketo`` as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leadsync.cycle.carried import row_key
from leadsync.cycle.context import Engine
from leadsync.cycle.related.missing_lookups import MissingLookup
from leadsync.cycle.related.related_values import is_gone
from leadsync.cycle.related.relations import Relations, Target
from leadsync.cycle.work import Work
from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.mapping.related_fields import VIA
from leadsync.model import Json
from leadsync.state.port import LinkRow, LookupRow, RelatedRow, Values
from leadsync.values.marks import ABSENT


@dataclass(frozen=True, slots=True)
class _Reference:
    """A lookup column of a table and the fields that come through it.

    :param cell: the column of the frame ``rows`` that holds what it refers to.
    """

    column: str
    cell: str
    main_table: str
    fields: tuple[FieldPlan, ...]


@dataclass(slots=True)
class _Person:
    """A pair, or a creation, which has no link yet.

    :param row: its row, if it was extracted: what it refers to may be new.
    :param values: where the values of its account and owner go.
    """

    link: LinkRow | None
    row: Json | None
    link_id: str
    references: Sequence[_Reference]
    base: Values
    values: Values

    @property
    def record(self) -> Json:
        """The person and row as outcomes and quarantine name them."""
        if self.link is None:
            return {**(self.row or {}), "marketo_id": None, "operation": "create"}
        return {
            "table": self.link["dynamics_table"],
            "operation": "update",
            "marketo_id": self.link["marketo_id"],
            "dynamics_id": self.link["dynamics_id"],
        }


def give_values(
    engine: Engine, plan: SyncPlan, relations: Relations, rows: Sequence[Json], work: Work
) -> None:
    """Fill in the values of all pairs and creations, and say which of them must wait.

    :param rows: the extracted rows.
    """
    if not relations.targets:
        return
    references: dict[str, list[_Reference]] = {
        table.table: _references(table, relations) for table in plan.tables.values()
    }
    read = {(row["table"], row["dynamics_id"]): row for row in rows if row["event"] == "changed"}
    people = [*_paired(relations, references, read, work), *_created(references, work)]
    giver = _Giver(plan, relations, work, _stored(engine, people))
    relations.learn(engine, giver.targets(people))
    for person in people:
        for reference in person.references:
            giver.give(person, reference)


def _references(table: TablePlan, relations: Relations) -> list[_Reference]:
    return [
        _Reference(
            column,
            "owner_id" if column == VIA["owner"][table.table] else "account_id",
            relations.targets[column][0],
            tuple(plan for plan in table.fields if plan.via == column),
        )
        for column in table.lookups
    ]


def _paired(
    relations: Relations,
    references: Mapping[str, Sequence[_Reference]],
    read: Mapping[Target, Json],
    work: Work,
) -> Iterator[_Person]:
    """Yield the pairs whose row was read or whose account or owner changed."""
    for pair in work.pairs.values():
        link = pair.link
        if pair.dynamics is not None or link["link_id"] in relations.touched:
            table = link["dynamics_table"]
            row = read.get((table, link["dynamics_id"]))
            found = references[table]
            yield _Person(link, row, link["link_id"], found, pair.base, pair.related)


def _created(references: Mapping[str, Sequence[_Reference]], work: Work) -> Iterator[_Person]:
    for creation in work.creations:
        row = creation.record
        found = references[row["table"]]
        yield _Person(None, row, creation.link_id, found, {}, creation.values)


def _stored(engine: Engine, people: Sequence[_Person]) -> dict[tuple[str, str], LookupRow]:
    found = engine.store.lookups_of([person.link_id for person in people])
    return {(row["link_id"], row["column"]): row for row in found}


@dataclass(frozen=True, slots=True)
class _Giver:
    """Knows what every row refers to.

    :param stored: what rows referred to before, by link and column.
    """

    plan: SyncPlan
    relations: Relations
    work: Work
    stored: dict[tuple[str, str], LookupRow]

    def targets(self, people: Sequence[_Person]) -> Iterator[tuple[str, str]]:
        """Yield all that people refer to, as column and id."""
        for person in people:
            for reference in person.references:
                target = self._target(person, reference)
                if target is not None and target != ABSENT:
                    yield reference.column, target

    def give(self, person: _Person, reference: _Reference) -> None:
        """Give a person the values that come through one lookup."""
        target = self._target(person, reference)
        if target == ABSENT:
            return
        row = self.relations.find(reference.column, target) if target is not None else None
        if person.row is not None:
            self._remember(person, reference, target, row)
        if target is None or row is not None:
            person.values.update(self._shown(reference.fields, row, person.base))
        elif person.row is not None:
            record = person.record
            missing = MissingLookup(record, reference.column, reference.main_table, target)
            self.work.waiting[row_key(record["table"], record["dynamics_id"])] = missing

    def _shown(self, fields: Sequence[FieldPlan], row: RelatedRow | None, base: Values) -> Values:
        if row is not None and not is_gone(row) and row["fields"]:
            known = row["fields"]
            return {plan.name: known[plan.name] for plan in fields if plan.name in known}
        if self.plan.policies.on_account_removed == "keep":
            return {}
        return _cleared(fields, base)

    def _target(self, person: _Person, reference: _Reference) -> str | None:
        """Return what the person's row refers to, or the mark for absent where nobody knows."""
        if person.row is not None:
            target: str | None = person.row[reference.cell]
            return target
        stored = self.stored.get((person.link_id, reference.column))
        return stored["target_id"] if stored else ABSENT

    def _remember(
        self, person: _Person, reference: _Reference, target: str | None, row: RelatedRow | None
    ) -> None:
        table = None
        if target is not None:
            table = row["table"] if row else reference.main_table
        stored = self.stored.get((person.link_id, reference.column))
        if stored and (stored["target_table"], stored["target_id"]) == (table, target):
            return
        record = person.record
        self.work.lookups.append(
            {
                "link_id": person.link_id,
                "column": reference.column,
                "target_table": table,
                "target_id": target,
                "table": record["table"],
                "dynamics_id": record["dynamics_id"],
            }
        )


def _cleared(fields: Sequence[FieldPlan], base: Values) -> Values:
    """Return empty values for what an account has given; what a person entered itself stays."""
    empty = {plan.name: plan.converter.from_dynamics(None) for plan in fields}
    return {name: none for name, none in empty.items() if base.get(name, none) != none}
