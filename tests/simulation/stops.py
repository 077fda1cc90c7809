"""Opt-outs as users see them: how far each may reach, and which are news (semantics.md 8.J)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from leadsync.model import Json
from simulation.values import Value

RecordId = int | str
Entered = Mapping[tuple[RecordId, str], set[Value]]


@dataclass(frozen=True, slots=True)
class Edit:
    """A value that a user gave a field, at a moment of the diary.

    :param timed: whether the record was changed then; otherwise the value only counts as new.
    """

    at: int
    value: Value
    timed: bool = True


@dataclass
class Stops:
    """When cycles left opt-outs on both sides of a person's pair; moments of the diary.

    :ivar agreed: when a cycle last left a person unsubscribed together with its row.
    :ivar parted: when the first cycle since found and left only one of them so, or none.
    """

    agreed: dict[int, int] = field(default_factory=dict)
    parted: dict[int, int] = field(default_factory=dict)

    def look(self, person: int, now: int, *, found: bool, left: bool) -> None:
        """Note whether a cycle has found, and whether it has left, both of a pair stopped."""
        if left:
            self.agreed[person] = now
            self.parted.pop(person, None)
        elif person in self.agreed and not found:
            self.parted.setdefault(person, now)

    def is_new(self, person: int, edit: Edit | None) -> bool:
        """Tell whether an edit says stop, and no cycle has left that on both sides yet.

        Going on and stopping again between two cycles is no change (S044).
        """
        if edit is None or edit.value is not True:
            return False
        parted = self.parted.get(person)
        return person not in self.agreed or (parted is not None and edit.at > parted)


def both_stop(person: Json | None, row: Json | None) -> bool:
    """Tell whether both records of a pair exist and are opted out."""
    return bool(person and person["unsubscribed"] and row and row["donotbulkemail"])


def spread(
    entered: Entered,
    sharing: Collection[Collection[RecordId]],
    pairs: Iterable[Collection[RecordId]],
) -> set[RecordId]:
    """Return who may be unsubscribed by an address that they share with one who is (S108).

    :param sharing: records that shared an address at any time.
    """
    stopped = {
        record
        for (record, name), values in entered.items()
        if name == "unsubscribed" and True in values
    }
    grown = True
    while grown:
        grown = False
        for records in map(set, sharing):
            if records & stopped and not records <= stopped:
                stopped |= records
                grown = True
    for pair in pairs:
        if stopped & {*pair}:
            stopped |= {*pair}
    return stopped


def is_within_reach(
    entered: Entered, groups: Iterable[Collection[RecordId]], records: Iterable[RecordId]
) -> bool:
    """Tell whether somebody stopped a record that ``groups`` connect with one of ``records``."""
    near = [set(group) for group in groups]
    reached, waiting = set(records), list(records)
    while waiting:
        record = waiting.pop()
        if True in entered.get((record, "unsubscribed"), ()):
            return True
        found = set().union(*(group for group in near if record in group)) - reached
        waiting.extend(found)
        reached |= found
    return False
