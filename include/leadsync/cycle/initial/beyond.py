"""Records of a partition that its cycle does not look at: they count in its report all the same.

A report adds up to what was read, to the row (P7): rows and persons that are linked already, and
persons that no row belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from leadsync.cycle.context import Cycle, Engine
from leadsync.model import Json

#: document of a partition's cycle.
DOCUMENT = "beyond"


@dataclass(slots=True)
class Beyond:
    """What a partition holds beside its rows without a link.

    :param number: the partition's, counted from 0, in the load ``load_id``.
    :param persons: all persons of the partition; ``candidates`` may belong to its rows.
    :param linked_persons: those that are linked already, by table; ``linked_rows`` likewise.
    :param repeats: records that were read twice.
    """

    load_id: str
    number: int
    persons: int = 0
    candidates: list[int] = field(default_factory=list)
    linked_persons: dict[str, int] = field(default_factory=dict)
    linked_rows: dict[str, int] = field(default_factory=dict)
    repeats: int = 0

    def to_json(self) -> Json:
        return asdict(self)


def read_beyond(engine: Engine, cycle: Cycle) -> Beyond | None:
    """Return what is beyond the cycle, if it is a partition's."""
    if not cycle.shares_lease:
        return None
    document = engine.staging.read_document(cycle.cycle_id, DOCUMENT)
    return Beyond(**document) if document else None


def add_beyond(
    engine: Engine, cycle: Cycle, outcomes: Sequence[Mapping[str, Any]], report: Json
) -> None:
    """Add to a partition's report what its outcomes leave out.

    ``read`` becomes the number of records that the partition was made of; its counts hold more
    where records of other partitions were written, such as persons who share an opted-out address.
    """
    beyond = read_beyond(engine, cycle)
    if beyond is None:
        return
    counts, candidates = report["counts"], set(beyond.candidates)
    settled = sum(_person_of(outcome) in candidates for outcome in outcomes)
    alone = beyond.persons - sum(beyond.linked_persons.values()) - settled
    for table, number in beyond.linked_rows.items():
        _add(counts["to_marketo"], table, "unchanged", number)
    for table, number in beyond.linked_persons.items():
        _add(counts["to_dynamics"], table, "unchanged", number)
    _add(counts["to_dynamics"], next(iter(counts["to_dynamics"])), "out_of_scope", alone)
    rows = _rows(engine, cycle, outcomes) + sum(beyond.linked_rows.values())
    report["read"] = rows + beyond.persons + beyond.repeats


def _person_of(outcome: Mapping[str, Any]) -> int | None:
    """Return the person of an outcome on its way to Dynamics."""
    person: int | None = outcome["marketo_id"]
    return person if outcome["direction"] == "to_dynamics" else None


def _rows(engine: Engine, cycle: Cycle, outcomes: Iterable[Mapping[str, Any]]) -> int:
    """Count the partition's rows that have an outcome."""
    frame = engine.staging.read_part(cycle.cycle_id, "rows", columns=("dynamics_id",))
    rows = {record["dynamics_id"] for record in frame.records}
    settled = {o["dynamics_id"] for o in outcomes if o["direction"] == "to_marketo"}
    return len(rows & settled)


def _add(counts: Json, table: str, state: str, number: int) -> None:
    if number and table in counts:
        counts[table]["extracted"] += number
        counts[table][state] += number
