"""Judges whether too many deletions stop a cycle before it flags anybody (S079)."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.diary import Diary

#: fewer than that are never a mass delete, as the mapping's documentation says.
FEW = 3


@dataclass(frozen=True, slots=True)
class Vanished:
    """Persons of one table before a cycle: those whose rows are gone, and all of them."""

    persons: frozenset[int]
    linked: int


def vanished(diary: Diary) -> dict[str, Vanished]:
    """Return by table whose rows were deleted, and are not told of it yet."""
    people = diary.world.marketo.people
    found = {}
    for table in ("lead", "contact"):
        linked = {
            person: values["leadsyncDynamicsId"]
            for person, values in people.items()
            if values["leadsyncDynamicsType"] == table.capitalize()
            and not values["leadsyncDynamicsDeleted"]
        }
        gone = {person for person, row_id in linked.items() if row_id in diary.row_deleted}
        found[table] = Vanished(frozenset(gone), len(linked))
    return found


def check_guard(diary: Diary, before: dict[str, Vanished], refused: str, writes: int) -> None:
    """Judge a cycle that nothing happened to.

    :param refused: the error that stopped it, if one did.
    :param writes: records that it wrote on either side.
    """
    policies = diary.world.mapping["policies"]
    share, count = policies["mass_delete_share"], policies["mass_delete_count"]
    many = any(
        len(one.persons) >= FEW
        and (len(one.persons) > share * one.linked or len(one.persons) > count)
        for one in before.values()
    )
    stopped = refused == "MassDeleteError"
    assert stopped == many, f"S079: {before} of share {share}, count {count}: {refused or 'done'}"
    assert not (stopped and writes), f"S079: {writes} writes of a cycle that was stopped"
    people = diary.world.marketo.people
    for person in {person for one in before.values() for person in one.persons}:
        flagged = people[person]["leadsyncDynamicsDeleted"]
        assert flagged is not stopped, f"S079: {person} is{' not' * (not flagged)} flagged"
