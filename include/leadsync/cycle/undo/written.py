"""What a cycle wrote, field by field, as the journal tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from leadsync.model import System
from leadsync.state.port import JournalRow, Values

#: a person and its row.
PairKey = tuple[int | None, str | None]


@dataclass(slots=True)
class Written:
    """One field of one pair: what each side that was written held before, and what it got."""

    old: dict[System, str | None] = field(default_factory=dict)
    new: dict[System, str | None] = field(default_factory=dict)

    def add(self, side: System, old: str | None, new: str | None) -> None:
        """Add a write; the first old value and the last new one count."""
        self.old.setdefault(side, old)
        self.new[side] = new

    @property
    def clear(self) -> bool:
        """Whether there is one value to go back to, and one to come from."""
        return len(set(self.old.values())) == 1 and len(set(self.new.values())) == 1

    @property
    def before(self) -> str | None:
        """The value to go back to."""
        return next(iter(self.old.values()))

    @property
    def after(self) -> str | None:
        """The value that was written."""
        return next(iter(self.new.values()))


def written_fields(rows: Iterable[JournalRow]) -> dict[PairKey, dict[str, Written]]:
    """Return the fields that were written on either side, by pair."""
    found: dict[PairKey, dict[str, Written]] = {}
    for row in rows:
        side = _side(row)
        if side is None or row["field"] is None:
            continue
        fields = found.setdefault((row["marketo_id"], row["dynamics_id"]), {})
        values: Values = {"marketo": row["marketo"], "dynamics": row["dynamics"]}
        other = "dynamics" if side == "marketo" else "marketo"
        fields.setdefault(row["field"], Written()).add(side, values[side], values[other])
    return found


def _side(row: JournalRow) -> System | None:
    if row["side"] == "marketo":
        return "marketo"
    return "dynamics" if row["side"] == "dynamics" else None
