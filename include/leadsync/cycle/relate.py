"""Give people the values of their account and owner (semantics.md 1).

The values are part of the Dynamics side of a pair: they come with the row that refers to them, or
alone when an account has changed and its contacts have not (S038). From there on they are fields
with the direction ``to_marketo`` as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from leadsync.cycle.carried import row_key
from leadsync.cycle.context import Engine
from leadsync.cycle.missing_lookups import MissingLookup
from leadsync.cycle.reading import as_table
from leadsync.cycle.related_values import is_gone
from leadsync.cycle.relations import Relations, Target
from leadsync.cycle.work import Work
from leadsync.mapping.plan import FieldPlan, SyncPlan, TablePlan
from leadsync.mapping.related_fields import VIA
from leadsync.model import Json
from leadsync.state.port import LinkRow, LookupRow, RelatedRow, Values
from leadsync.values.marks import ABSENT


@dataclass(slots=True)
class _Person:
    """A pair or creation; ``values`` is where the values of its account and owner go."""

    table: TablePlan
    record: Json
    link_id: str
    base: Values
    values: Values = field(default_factory=dict)


def give_values(
    engine: Engine, plan: SyncPlan, relations: Relations, rows: Sequence[Json], work: Work
) -> None:
    """Fill in the values of all pairs and creations, and say which of them must wait.

    :param rows: the extracted rows: what they refer to may be new.
    """
    if not relations.targets:
        return
    people = [*_paired(plan, relations, work), *_created(plan, work)]
    giver = _Giver(engine, plan, relations, work, _by_id(rows), _stored(engine, people))
    giver.learn(people)
    for person in people:
        giver.give(person)


def _paired(plan: SyncPlan, relations: Relations, work: Work) -> Iterator[_Person]:
    """Yield the pairs whose row was read or whose account or owner changed."""
    for pair in work.pairs.values():
        if pair.dynamics is not None or pair.link["link_id"] in relations.touched:
            table = plan.tables[as_table(pair.link["dynamics_table"])]
            record = _record(pair.link)
            yield _Person(table, record, pair.link["link_id"], pair.base, pair.related)


def _created(plan: SyncPlan, work: Work) -> Iterator[_Person]:
    for creation in work.creations:
        table = plan.tables[as_table(creation.record["table"])]
        record = {**creation.record, "marketo_id": None, "operation": "create"}
        yield _Person(table, record, creation.link_id, {}, creation.values)


def _record(link: LinkRow) -> Json:
    ids: Json = {"table": link["dynamics_table"], "operation": "update"}
    return ids | {name: link[name] for name in ("marketo_id", "dynamics_id")}


def _by_id(rows: Sequence[Json]) -> dict[Target, Json]:
    return {(row["table"], row["dynamics_id"]): row for row in rows if row["event"] == "changed"}


def _stored(engine: Engine, people: Sequence[_Person]) -> dict[tuple[str, str], LookupRow]:
    found = engine.store.lookups_of([person.link_id for person in people])
    return {(row["link_id"], row["column"]): row for row in found}


@dataclass(frozen=True, slots=True)
class _Giver:
    """Knows what every row refers to.

    :param rows: extracted rows by table and id.
    :param stored: what rows referred to before, by link and column.
    """

    engine: Engine
    plan: SyncPlan
    relations: Relations
    work: Work
    rows: dict[Target, Json]
    stored: dict[tuple[str, str], LookupRow]

    def learn(self, people: Sequence[_Person]) -> None:
        """Read all that people refer to at once."""
        wanted = (
            (column, target)
            for person in people
            for column in person.table.lookups
            if (target := self._target(person, column)) is not None and target != ABSENT
        )
        self.relations.learn(self.engine, wanted)

    def give(self, person: _Person) -> None:
        """Give one person the values of its account and owner."""
        for column in person.table.lookups:
            target = self._target(person, column)
            if target == ABSENT:
                continue
            row = self.relations.find(column, target) if target is not None else None
            read = self._row(person) is not None
            if read:
                self._remember(person, column, target, row)
            if target is not None and row is None:
                if read:
                    self._wait(person, column, target)
                continue
            fields = [plan for plan in person.table.fields if plan.via == column]
            person.values.update(self._shown(fields, row, person.base))

    def _shown(self, fields: Sequence[FieldPlan], row: RelatedRow | None, base: Values) -> Values:
        if row is not None and not is_gone(row) and row["fields"]:
            known = row["fields"]
            return {plan.name: known[plan.name] for plan in fields if plan.name in known}
        if self.plan.policies.on_account_removed == "keep":
            return {}
        return _cleared(fields, base)

    def _row(self, person: _Person) -> Json | None:
        return self.rows.get((person.table.table, person.record["dynamics_id"]))

    def _target(self, person: _Person, column: str) -> str | None:
        """Return what the person's row refers to, or the mark for absent where nobody knows."""
        row = self._row(person)
        if row is not None:
            name = "owner_id" if column == VIA["owner"][person.table.table] else "account_id"
            target: str | None = row[name]
            return target
        stored = self.stored.get((person.link_id, column))
        return stored["target_id"] if stored else ABSENT

    def _remember(
        self, person: _Person, column: str, target: str | None, row: RelatedRow | None
    ) -> None:
        main = self.relations.targets[column][0]
        lookup = LookupRow(
            link_id=person.link_id,
            column=column,
            target_table=None if target is None else (row["table"] if row else main),
            target_id=target,
        )
        if lookup != self.stored.get((person.link_id, column)):
            ids = {name: person.record[name] for name in ("table", "dynamics_id")}
            self.work.lookups.append({**lookup, **ids})

    def _wait(self, person: _Person, column: str, target: str) -> None:
        main = self.relations.targets[column][0]
        key = row_key(person.table.table, person.record["dynamics_id"])
        self.work.waiting[key] = MissingLookup(person.record, column, main, target)


def _cleared(fields: Sequence[FieldPlan], base: Values) -> Values:
    """Return empty values for what an account has given; what a person entered itself stays."""
    empty = {plan.name: plan.converter.from_dynamics(None) for plan in fields}
    return {name: none for name, none in empty.items() if base.get(name, none) != none}
