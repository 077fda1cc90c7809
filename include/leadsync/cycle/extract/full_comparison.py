"""What a Marketo feed has forgotten is found by comparing everything (semantics.md, retention).

Marketo keeps deletions for 14 days and changed values for 90 (reference/marketo-rest.md 8.6), and
may refuse an old paging token. A feed whose cursor is older, or refused, starts anew, and the gap
is closed by reading every linked person: those who are missing were deleted, those who differ from
the base have changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from leadsync.cycle.context import Engine, batches
from leadsync.cycle.decide.guards import guard_missing_persons
from leadsync.cycle.fingerprint import equals_base, fields_from
from leadsync.cycle.reading import as_table, person_values, read_persons
from leadsync.mapping.plan import SyncPlan, TablePlan
from leadsync.model import Json
from leadsync.state.port import LinkRow

#: persons that are compared at a time, which bounds the memory.
CHUNK = 3_000


@dataclass(slots=True)
class Compared:
    """Linked persons who no longer exist, and those who differ from their base."""

    missing: set[int] = field(default_factory=set)
    differing: set[int] = field(default_factory=set)


def compare_persons(engine: Engine, plan: SyncPlan, *, values: bool) -> Compared:
    """Read every linked person, 300 a call.

    :param values: compare the mapped fields too; else only look who exists.
    :raises MassDeleteError: too many are missing, as if this were another Marketo.
    """
    found = Compared()
    for table in plan.tables.values():
        linked, missing = 0, set[int]()
        for chunk in batches(engine.store.live_links(table.table), CHUNK):
            linked += len(chunk)
            persons = _read(engine, plan, chunk, values=values)
            missing |= {link["marketo_id"] for link in chunk} - persons.keys()
            if values:
                found.differing.update(_differing(engine, table, chunk, persons))
        guard_missing_persons(plan, table.table, len(missing), linked)
        found.missing |= missing
    return found


def _read(
    engine: Engine, plan: SyncPlan, links: Sequence[LinkRow], *, values: bool
) -> dict[int, Json]:
    ids = sorted(link["marketo_id"] for link in links)
    if values:
        return read_persons(engine, plan, ids)
    found = engine.marketo.persons("id", [str(person) for person in ids], ("id",))
    return {int(person["id"]): person for person in found}


def _differing(
    engine: Engine, table: TablePlan, links: Sequence[LinkRow], persons: dict[int, Json]
) -> Iterator[int]:
    bases = engine.store.base_of([link["link_id"] for link in links])
    fields = fields_from("to_dynamics", table)
    for link in links:
        raw = persons.get(link["marketo_id"])
        if raw is not None and as_table(link["dynamics_table"]) == table.table:
            base = bases.get(link["link_id"], {})
            if not equals_base(fields, person_values(table, raw), base):
                yield link["marketo_id"]


def full_comparisons(*documents: Json | None) -> list[str]:
    """Return the names of the cursors that a cycle's extracts had to give up."""
    names: Collection[str] = {
        name for document in documents if document for name in document.get("full_comparison", [])
    }
    return sorted(names)
