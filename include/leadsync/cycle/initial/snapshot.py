"""The persons that a partition's rows may belong to, as the bulk export showed them.

It saves a read of every person. What it cannot know is asked for: persons who were made since, and
those whose ids lead to another partition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.reading import read_persons, read_persons_by
from leadsync.frames import PERSON_PART, Rows
from leadsync.mapping.plan import SyncPlan
from leadsync.model import MARKETO_DYNAMICS_ID, Json
from leadsync.state.port import Values
from leadsync.values.keys import email_key

FRAME = "snapshot"
DOCUMENT = "snapshot"


@dataclass(slots=True)
class Snapshot:
    """Persons of a partition by Marketo id, in Marketo's own text.

    :param addresses: e-mail keys whose persons are all here.
    :param guests: persons of other partitions who carry the id of a row of this one, or whose id a
        row of this one carries.
    :param taken: the row that a person belongs to by a stored id, where that row is elsewhere.
    """

    persons: dict[int, Json] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()
    guests: frozenset[int] = frozenset()
    taken: Mapping[int, str] = field(default_factory=dict)

    def with_addresses(self, wanted: Collection[str]) -> list[Json]:
        """Return the persons with these e-mail keys."""
        return [p for p in self.persons.values() if email_key(p.get("email")) in wanted]


def write_snapshot(
    engine: Engine, cycle: Cycle, snapshot: Snapshot, records: Iterable[tuple[Json, Values]]
) -> None:
    """Stage a snapshot; ``records`` are its persons as the parts hold them."""
    found = list(records)
    names = dict.fromkeys(name for _, values in found for name in values)
    rows = Rows(PERSON_PART, [r for r, _ in found], tuple(names), [values for _, values in found])
    engine.staging.write_rows(cycle.cycle_id, FRAME, rows)
    document: Json = {
        "addresses": sorted(snapshot.addresses),
        "guests": sorted(snapshot.guests),
        "taken": {str(person): row for person, row in snapshot.taken.items()},
    }
    engine.staging.write_document(cycle.cycle_id, DOCUMENT, document)


def read_snapshot(engine: Engine, cycle: Cycle) -> Snapshot:
    """Return what :func:`write_snapshot` has staged; other cycles have an empty one."""
    document = engine.staging.read_document(cycle.cycle_id, DOCUMENT)
    if document is None:
        return Snapshot()
    pairs = engine.staging.read_rows(cycle.cycle_id, FRAME).pairs()
    return Snapshot(
        persons={r["marketo_id"]: {**values, "id": r["marketo_id"]} for r, values in pairs},
        addresses=frozenset(document["addresses"]),
        guests=frozenset(document["guests"]),
        taken={int(person): row for person, row in document["taken"].items()},
    )


@dataclass(frozen=True, slots=True)
class PersonSearch:
    """Finds persons in the snapshot, and asks Marketo for those that it cannot hold."""

    engine: Engine
    plan: SyncPlan
    snapshot: Snapshot

    def by_id(self, ids: Iterable[int]) -> dict[int, Json]:
        """Return the persons with these ids; those that do not exist are left out."""
        known = {i: self.snapshot.persons[i] for i in ids if i in self.snapshot.persons}
        unknown = sorted(set(ids) - known.keys())
        return known | read_persons(self.engine, self.plan, unknown)

    def by_row(self, row_ids: Iterable[str]) -> list[Json]:
        """Ask for the persons who carry the ids of these rows."""
        return read_persons_by(self.engine, self.plan, MARKETO_DYNAMICS_ID, sorted(row_ids))

    def by_address(self, keys: Iterable[str]) -> list[Json]:
        """Return all persons with these e-mail keys."""
        wanted = set(keys)
        asked = sorted(wanted - self.snapshot.addresses)
        return [
            *self.snapshot.with_addresses(wanted),
            *read_persons_by(self.engine, self.plan, "email", asked),
        ]
