"""What one cycle has to do, collected before anything is decided or written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadsync.cycle.gather.endings import Ending
from leadsync.cycle.match.row_creations import Assignment, Qualification, RowCreation
from leadsync.cycle.related.missing_lookups import MissingLookup
from leadsync.merge.pairs import Pair
from leadsync.model import Direction, Json
from leadsync.state.port import FailureItem, JournalRow, LinkRow, LinkStatus, Values


@dataclass(slots=True)
class Creation:
    """A row that becomes a new person, with its current values.

    :param unsettled: fields in which the person gets another value than the row has.
    """

    record: Json
    values: Values
    link_id: str
    unsettled: tuple[str, ...] = ()


@dataclass(slots=True)
class Removal:
    """A linked row that was deleted in Dynamics: the person is kept and flagged."""

    link: LinkRow


@dataclass(slots=True)
class Held:
    """A record that cannot be processed for a reason that is no value of its own, like a match."""

    record: Json
    values: Values
    failure: FailureItem
    direction: Direction = "to_marketo"


@dataclass(slots=True)
class Work:
    """Everything that the window asks for.

    :param row_creations: persons that become rows, by Marketo id.
    :param assignments: rows that get another owner, by link; ``qualifications`` likewise.
    :param reviews: rows that a merge left over, by record key.
    :param endings: writes to records whose link has ended.
    :param outcomes: rows whose terminal state is known already, as ``OUTCOMES`` records.
    :param links: links to store with the commit: scope changes, closed links.
    :param journal: events to store with the commit.
    :param lookups: what rows refer to now, as ``LOOKUPS`` records.
    :param waiting: records on their way to Marketo that miss what they refer to, by record key.
    """

    pairs: dict[str, Pair] = field(default_factory=dict)
    creations: list[Creation] = field(default_factory=list)
    row_creations: dict[int, RowCreation] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    qualifications: dict[str, Qualification] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    reviews: dict[str, Held] = field(default_factory=dict)
    endings: list[Ending] = field(default_factory=list)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, LinkRow] = field(default_factory=dict)
    journal: list[JournalRow] = field(default_factory=list)
    lookups: list[Json] = field(default_factory=list)
    waiting: dict[str, MissingLookup] = field(default_factory=dict)

    def pair_of(self, marketo_id: int) -> Pair | None:
        """Return the pair of a person, if there is one."""
        pairs = self.pairs.values()
        return next((pair for pair in pairs if pair.link["marketo_id"] == marketo_id), None)

    def is_ending(self, key: str) -> bool:
        """Tell whether a write to a left-over record has this record key."""
        return any(ending.key == key for ending in self.endings)

    def settle(
        self,
        key: str,
        direction: Direction,
        record: Json,
        state: str,
        reason: str = "",
    ) -> None:
        """Put one extracted row into its state; the last word counts."""
        self.outcomes[key] = {
            "record_key": key,
            "direction": direction,
            "table": record.get("table") or "lead",
            "marketo_id": record.get("marketo_id"),
            "dynamics_id": record.get("dynamics_id"),
            "state": state,
            "operation": "",
            "reason": reason,
            "collisions": 0,
        }

    def close(
        self, link: LinkRow, status: LinkStatus, cycle_id: str, at: datetime, why: str
    ) -> None:
        """Store the link closed, and journal why."""
        closed = with_status(link, status, cycle_id, at)
        self.links[link["link_id"]] = closed
        self.journal.append(event(cycle_id, at, "link_closed", closed, rule=why))


def place(link: LinkRow) -> Json:
    """Return the ids of a link, as outcomes name a record."""
    return {
        "table": link["dynamics_table"],
        "marketo_id": link["marketo_id"],
        "dynamics_id": link["dynamics_id"],
    }


def event(
    cycle_id: str,
    at: datetime,
    kind: str,
    link: LinkRow,
    *,
    side: str | None = None,
    rule: str | None = None,
    made_with: Values | None = None,
) -> JournalRow:
    """Make a journal row about a whole record.

    :param made_with: what a new record gets; fields that stay empty are left out.
    """
    return JournalRow(
        cycle_id=cycle_id,
        at=at,
        kind=kind,
        side=side,
        dynamics_table=link["dynamics_table"],
        marketo_id=link["marketo_id"],
        dynamics_id=link["dynamics_id"],
        field=None,
        base=None,
        marketo=None,
        dynamics=None,
        winner=None,
        rule=rule,
        made_with={name: value for name, value in (made_with or {}).items() if value} or None,
    )


def with_status(link: LinkRow, status: LinkStatus, cycle_id: str, at: datetime) -> LinkRow:
    """Return the link with another status."""
    return {**link, "status": status, "cycle_id": cycle_id, "updated_at": at}
