"""Persons and rows that name each other by id and lie in different partitions.

Stored ids beat an e-mail address (semantics.md 4), so a partition must know of them. It looks
through the ids of everything that was read; where nobody carries an id, as in a real first load,
there is nothing to look for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from leadsync.cycle.context import Engine
from leadsync.cycle.gather.successors import QUALIFIED_LEAD
from leadsync.cycle.initial.first_load import FirstLoad
from leadsync.cycle.initial.partitions import (
    person_parts,
    row_parts,
    tables_read,
    windows_read,
)
from leadsync.model import Json

_PERSON_IDS = ("marketo_id", "own_id")
_ROW_IDS = ("table", "dynamics_id", "person_id", "sync_flag", "master_id", "state_code")
#: how good a claim is, best first: the person names the row; the row names the person.
_Claim = tuple[bool, bool, str]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a partition has to know of the others.

    :param guests: persons elsewhere who belong to a row here.
    :param taken: the row elsewhere that a person belongs to.
    """

    guests: frozenset[int] = frozenset()
    taken: Mapping[int, str] = field(default_factory=dict)


def look_elsewhere(
    engine: Engine, load: FirstLoad, rows: Mapping[str, Json], persons: Mapping[int, Json]
) -> Elsewhere:
    """Resolve the ids that lead out of a partition.

    :param rows: the partition's rows without a link, by id.
    :param persons: its persons that may belong to them, by Marketo id, with their ``own_id``.
    """
    parts = [*windows_read(engine, load), *tables_read(engine, load)]
    if not any(part["carrying"] for part in parts) or not rows:
        return Elsewhere()
    own_ids = {person: record["own_id"] for person, record in persons.items()}
    carried = {int(row["person_id"]) for row in rows.values() if row["person_id"]}
    guests = {
        person: own_id
        for person, own_id in _person_ids(engine, load)
        if person not in own_ids and (own_id in rows or person in carried)
    }
    claims = _claims(engine, load, own_ids | guests)
    best = {person: min(found)[2] for person, found in claims.items()}
    return Elsewhere(
        guests=frozenset(guests),
        taken={person: row for person, row in best.items() if row not in rows},
    )


def _person_ids(engine: Engine, load: FirstLoad) -> Iterator[tuple[int, str | None]]:
    for name in person_parts(engine, load):
        part = engine.staging.read_part(load.load_id, name, columns=_PERSON_IDS)
        for record in part.records:
            yield record["marketo_id"], record["own_id"]


def _claims(
    engine: Engine, load: FirstLoad, own_ids: Mapping[int, str | None]
) -> dict[int, list[_Claim]]:
    """Return every row, here and elsewhere, that a person belongs to by a stored id."""
    owners: dict[str, list[int]] = {}
    for person, own_id in own_ids.items():
        if own_id is not None:
            owners.setdefault(own_id, []).append(person)
    claims: dict[int, list[_Claim]] = {}
    for row in _row_ids(engine, load, owners, own_ids):
        is_lead, row_id = row["table"] != "contact", row["dynamics_id"]
        for person in owners.get(row_id, ()):
            claims.setdefault(person, []).append((False, is_lead, row_id))
        carried = int(row["person_id"] or 0)
        if carried in own_ids:
            claims.setdefault(carried, []).append((True, is_lead, row_id))
    return claims


def _row_ids(
    engine: Engine,
    load: FirstLoad,
    owners: Collection[str],
    persons: Collection[int],
) -> Iterator[Json]:
    for name in row_parts(engine, load):
        part = engine.staging.read_part(load.load_id, name, columns=_ROW_IDS)
        for record in part.records:
            named = record["person_id"] is not None and int(record["person_id"]) in persons
            if (named or record["dynamics_id"] in owners) and _may_be_linked(record):
                yield record


def _may_be_linked(row: Json) -> bool:
    """Tell whether a row may get a person at all (cycle/gather/gather.py)."""
    qualified = row["table"] == "lead" and row["state_code"] == QUALIFIED_LEAD
    return row["sync_flag"] != "false" and row["master_id"] is None and not qualified
