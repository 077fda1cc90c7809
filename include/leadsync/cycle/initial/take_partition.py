"""Take one partition's records out of what was read: the frames of its cycle.

Records that are linked already are left to ordinary cycles, so a load may run again at any time,
and may go on after others have linked in between. Persons without a row stay in Marketo alone; they
are counted and not kept, so memory goes by the number of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from leadsync.cycle.context import Cycle, Engine
from leadsync.cycle.extract.extract_related import read_related
from leadsync.cycle.initial.beyond import DOCUMENT, Beyond
from leadsync.cycle.initial.elsewhere import look_elsewhere
from leadsync.cycle.initial.first_load import FirstLoad
from leadsync.cycle.initial.partitions import person_parts, row_parts
from leadsync.cycle.initial.snapshot import Snapshot, write_snapshot
from leadsync.cycle.plan.schemas import plan_of
from leadsync.frames import PERSONS, RELATED, ROWS, Rows
from leadsync.mapping.plan import SyncPlan
from leadsync.model import TABLES, Json
from leadsync.state.port import LIVE, Values

Record = tuple[Json, Values]


@dataclass(slots=True)
class _Taken:
    """A partition's records: rows without a link, and the persons that may be theirs."""

    beyond: Beyond
    rows: dict[str, Record] = field(default_factory=dict)
    persons: dict[int, Record] = field(default_factory=dict)

    @property
    def addresses(self) -> set[str]:
        """E-mail keys of the rows."""
        return {row["email_key"] for row, _ in self.rows.values() if row["email_key"]}


def take_partition(
    engine: Engine, cycle: Cycle, load: FirstLoad, number: int, slots: range
) -> Json:
    """Write the frames of a partition's cycle, once.

    :returns: counts for the log.
    """
    done = engine.staging.read_document(cycle.cycle_id, "extract_dynamics")
    if done is not None:
        return dict(done["summary"])
    plan = plan_of(engine, cycle)
    taken = _Taken(Beyond(load.load_id, number))
    _take_rows(engine, load, slots, taken)
    _take_persons(engine, plan, load, slots, taken)
    _write(engine, cycle, plan, load, taken)
    summary: Json = {
        "rows": len(taken.rows),
        "persons": taken.beyond.persons,
        "linked_already": sum(taken.beyond.linked_rows.values()),
    }
    engine.staging.write_document(
        cycle.cycle_id, "extract_dynamics", {"stamp": engine.new_id(), "summary": summary}
    )
    return summary


def _take_rows(engine: Engine, load: FirstLoad, slots: range, taken: _Taken) -> None:
    for name in row_parts(engine, load):
        part = engine.staging.read_part(load.load_id, name, slots=slots)
        before = len(taken.rows)
        taken.rows.update((row["dynamics_id"], (row, values)) for row, values in part.pairs())
        taken.beyond.repeats += len(part.records) - (len(taken.rows) - before)
    for table in TABLES:
        ids = [row_id for row_id, (row, _) in taken.rows.items() if row["table"] == table]
        links = engine.store.links_of_rows(table, ids)
        linked = [link["dynamics_id"] for link in links if link["status"] in LIVE]
        taken.beyond.linked_rows[table] = len(linked)
        for row_id in linked:
            del taken.rows[row_id]


def _take_persons(
    engine: Engine, plan: SyncPlan, load: FirstLoad, slots: range, taken: _Taken
) -> None:
    by_email = plan.policies.match_before_create == "email"
    addresses = taken.addresses if by_email else set()
    carried = {int(row["person_id"]) for row, _ in taken.rows.values() if row["person_id"]}
    seen: set[int] = set()
    linked: Counter[str] = Counter()
    for part in _person_slices(engine, load, slots):
        fresh = [one for one in part.pairs() if one[0]["marketo_id"] not in seen]
        seen.update(person["marketo_id"] for person, _ in fresh)
        taken.beyond.repeats += len(part.records) - len(fresh)
        linked += _linked(engine, [person["marketo_id"] for person, _ in fresh])
        for person, values in fresh:
            named = person["marketo_id"] in carried or person["own_id"] in taken.rows
            if named or person["email_key"] in addresses:
                taken.persons[person["marketo_id"]] = (person, values)
    taken.beyond.persons = len(seen)
    taken.beyond.linked_persons = dict(linked)
    taken.beyond.candidates = sorted(taken.persons)


def _person_slices(engine: Engine, load: FirstLoad, slots: range) -> Iterator[Rows]:
    for name in person_parts(engine, load):
        yield engine.staging.read_part(load.load_id, name, slots=slots)


def _linked(engine: Engine, persons: list[int]) -> Counter[str]:
    """Count the persons that have a link, by table."""
    links = engine.store.links_of_persons(persons) if persons else []
    return Counter(link["dynamics_table"] for link in links if link["status"] in LIVE)


def _write(engine: Engine, cycle: Cycle, plan: SyncPlan, load: FirstLoad, taken: _Taken) -> None:
    rows = {row_id: row for row_id, (row, _) in taken.rows.items()}
    persons = {person_id: person for person_id, (person, _) in taken.persons.items()}
    elsewhere = look_elsewhere(engine, load, rows, persons)
    known = {person["email_key"] for person in persons.values() if person["email_key"]}
    snapshot = Snapshot(
        addresses=frozenset(known & taken.addresses),
        guests=elsewhere.guests,
        taken=elsewhere.taken,
    )
    write_snapshot(engine, cycle, snapshot, taken.persons.values())
    staging, cycle_id = engine.staging, cycle.cycle_id
    values = [values for _, values in taken.rows.values()]
    staging.write_rows(cycle_id, "rows", Rows(ROWS, list(rows.values()), plan.names, values))
    staging.write_rows(cycle_id, "persons", Rows(PERSONS, [], plan.names))
    related = read_related(engine, cycle, plan, list(rows.values()), ())
    staging.write_rows(
        cycle_id, "related", Rows(RELATED, related.records, plan.names, related.values)
    )
    staging.write_document(cycle_id, DOCUMENT, taken.beyond.to_json())
