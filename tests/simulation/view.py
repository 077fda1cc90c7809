"""What a judge of a run sees: both systems, what is held, and what users did."""

from __future__ import annotations

from simulation.diary import Diary
from simulation.values import COLUMNS


class View:
    """A run as everybody can see it.

    :ivar items: what is in quarantine; ``pairs``: rows with the persons that carry their ids.
    """

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.world = diary.world
        self.mapping = self.world.mapping
        self.entries = {entry["marketo"]: entry for entry in self.mapping["fields"]}
        self.people = self.world.marketo.people
        self.items, self.pairs = diary.seen()

    def stopped(self, name: str, now: object, *records: int | str) -> bool:
        """Tell whether a record is opted out for the sake of its address (S108, S111)."""
        return name == "unsubscribed" and now is True and self.diary.may_be_stopped(*records)


def entry_of(column: str) -> str:
    """Return the field of a column."""
    return next((name for name, known in COLUMNS.items() if known == column), column)
