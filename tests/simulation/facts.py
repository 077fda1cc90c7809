"""What is known of a run: what users did, and when both sides were last seen to agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from leadsync.model import TABLES, Json
from leadsync.state.port import QuarantineRow
from simulation.stops import Edit, RecordId, Stops, is_within_reach, spread
from simulation.values import Value
from support.world import World

Side = Literal["marketo", "dynamics"]
Pair = tuple[int, str]
#: a pair, its table, its person and its row.
Visible = tuple[Pair, str, Json, Json]


@dataclass(frozen=True, slots=True)
class Before:
    """The records of a pair, where they existed, before the cycle that made them one."""

    at: int
    person: Json | None
    row: Json | None


@dataclass(frozen=True, slots=True)
class Promise:
    """What users may count on from a moment on, until somebody changes a consent or an address.

    :param rule: the scenario that says so.
    :param stopped: whether the records end opted out, or may be mailed.
    """

    at: int
    rule: str
    stopped: bool
    persons: frozenset[int]
    rows: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """Who must end with whom of records that came at once.

    :param rule: the scenario that says so.
    :param takes: pairs that belong together; ``made``: records that get a counterpart that no user
        made; ``left``: records that are held without one.
    """

    rule: str
    takes: tuple[Pair, ...] = ()
    made: tuple[RecordId, ...] = ()
    left: tuple[RecordId, ...] = ()


@dataclass
class Facts:
    """What has been noted so far. Moments are counted, not timed.

    :ivar edits: the last edit of every field; creating a record edits all of its fields.
    :ivar agreed: the last value that a quiet, clean cycle left equal on both sides of a pair.
    :ivar unrest: moments, in order, at which a cycle failed, was repeated or was a backfill: from
        then on it cannot be known from outside which values leadsync took for agreed.
    :ivar person_deleted: when persons were deleted, or the last cycle ended that could not know.
    :ivar own_unrest: the same for one record, which was edited while a cycle ran.
    :ivar before_link: what both records of a pair held just before it became one.
    :ivar asked_for: persons that are to become rows, if they are none.
    :ivar heirs: by contact, the lead that became it and that one's person.
    :ivar became: by lead, the contact that it became.
    :ivar qualified_at: when leads became these contacts, with their filter flags.
    :ivar restored: rows that came back under their own ids, with the persons that they had.
    :ivar clashed: edits of rows that were about to be written in that very field.
    :ivar written_over: edits of persons that our own write replaced a moment later.
    :ivar bereaved: rows that were linked to a person when it was deleted.
    :ivar opted_out: records that share an address with one that a user opted out, at any time.
    :ivar closed_at: when the rows that are closed now were closed by a user.
    :ivar reopened: rows that were closed by a user at some time, and are not any more.
    :ivar merged_rows: the winners of rows that users merged, and when.
    :ivar follows: persons that winners of merges must end with, where that can be told.
    :ivar unseen: rows whose account cannot be read: how many cycles began and how many clean ones
        ended since.
    :ivar sourced: rows and fields that had an account or owner to come from at some time.
    :ivar shown_at: when what rows have to show of accounts and owners may have changed, and whether
        it was that they lost their account.
    :ivar merged_persons: the winners of persons that users merged, and when.
    :ivar left_rows: when such a merge left rows without a person, where that can be told, and the
        table of the row that the winner kept, if that is clear.
    :ivar going_on: the rows of winners, whose stamps may lag behind.
    :ivar claimed: rows of which winners may get one, until a clean cycle has seen to it.
    :ivar known_rows: rows that a clean cycle has seen with a person.
    :ivar owned: the rows that those winners had themselves, if any.
    :ivar unclear: winners of which nobody can tell with which row they go on.
    :ivar parties: the persons of merges who had, or took over, a row then.
    :ivar kept_rows: the rows that winners must end with, where that can be told.
    :ivar stops: when cycles left opt-outs on both sides.
    :ivar cycling: whether a cycle runs now.
    :ivar cycles: when those that have ended began and ended.
    :ivar fresh_since: end of the cycle before the last one: what is older was looked at before.
    :ivar clean_since: when the last clean cycle began.
    :ivar entered: every value that a user ever gave a field or left in it.
    :ivar shared_emails: every e-mail key that a record ever had, with the records.
    :ivar promises: what users were promised about consents.
    :ivar refused: the field whose values servers refuse all the time, if there is one.
    :ivar matches: who must end with whom.
    """

    world: World
    now: int = 0
    edits: dict[tuple[RecordId, str], Edit] = field(default_factory=dict)
    agreed: dict[tuple[Pair, str], Edit] = field(default_factory=dict)
    unrest: list[int] = field(default_factory=list)
    own_unrest: dict[RecordId, list[int]] = field(default_factory=lambda: defaultdict(list))
    before_link: dict[Pair, Before] = field(default_factory=dict)
    records_before: dict[RecordId, Json] = field(default_factory=dict)
    person_deleted: dict[int, int] = field(default_factory=dict)
    row_deleted: dict[str, int] = field(default_factory=dict)
    row_touched: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: -1))
    closed_at: dict[str, int] = field(default_factory=dict)
    reopened: set[str] = field(default_factory=set)
    merged_rows: dict[str, tuple[str, int]] = field(default_factory=dict)
    follows: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, tuple[int, int]] = field(default_factory=dict)
    sourced: set[tuple[str, str]] = field(default_factory=set)
    shown_at: dict[str, dict[int, bool]] = field(default_factory=lambda: defaultdict(dict))
    merged_persons: dict[int, tuple[int, int]] = field(default_factory=dict)
    left_rows: dict[str, tuple[int, str]] = field(default_factory=dict)
    kept_rows: dict[int, str] = field(default_factory=dict)
    going_on: dict[int, tuple[str, str]] = field(default_factory=dict)
    claimed: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    known_rows: set[str] = field(default_factory=set)
    owned: dict[int, tuple[str, str] | None] = field(default_factory=dict)
    unclear: set[int] = field(default_factory=set)
    parties: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    stops: Stops = field(default_factory=Stops)
    cycling: bool = False
    cycles: list[tuple[int, int]] = field(default_factory=list)
    fresh_since: int = 0
    clean_since: int = 0
    _ended_at: int = 0
    flag_set: dict[str, int] = field(default_factory=dict)
    user_persons: set[int] = field(default_factory=set)
    user_rows: set[str] = field(default_factory=set)
    asked_for: set[int] = field(default_factory=set)
    heirs: dict[str, tuple[str, int]] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)
    qualified_at: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    _deserted: dict[str, int] = field(default_factory=dict)
    clashed: dict[tuple[str, str], Edit] = field(default_factory=dict)
    written_over: dict[tuple[int, str], Edit] = field(default_factory=dict)
    bereaved: set[str] = field(default_factory=set)
    shared_emails: dict[str, set[RecordId]] = field(default_factory=lambda: defaultdict(set))
    opted_out: set[RecordId] = field(default_factory=set)
    entered: dict[tuple[RecordId, str], set[Value]] = field(
        default_factory=lambda: defaultdict(set)
    )
    promises: list[Promise] = field(default_factory=list)
    refused: str = ""
    matches: list[Match] = field(default_factory=list)
    _seen_at: int = -1
    _seen: tuple[list[QuarantineRow], list[Visible]] = field(default_factory=lambda: ([], []))
    events: list[tuple[int, datetime, str]] = field(default_factory=list)

    # -- telling

    def note(self, event: str) -> int:
        """Add a line to the story and return its moment."""
        self.now += 1
        self.events.append((self.now, self.world.clock.now(), event))
        return self.now

    def _email(self, record: RecordId, email: str | None) -> None:
        if email:
            self.shared_emails[email.strip().casefold()].add(record)

    @property
    def story(self) -> list[str]:
        """All events, a line each."""
        return [f"{moment:4} {at:%H:%M:%S} {event}" for moment, at, event in self.events]

    # -- reading

    def is_closed(self, row_id: str) -> bool:
        """Tell whether a user closed a row, so that nothing may be pushed to it."""
        return row_id in self.closed_at

    def seen(self) -> tuple[list[QuarantineRow], list[Visible]]:
        """Return what is in quarantine and all pairs; looked at once for each moment."""
        if self._seen_at != self.now:
            self._seen_at = self.now
            self.opted_out = spread(
                self.entered, self.shared_emails.values(), [pair for pair, *_ in self.pairs()]
            )
            items = self.world.store.quarantine(statuses=("open", "released"))
            self._seen = items, list(self.pairs())
        return self._seen

    def rows(self) -> Iterator[tuple[str, str, Json]]:
        """Walk over the rows of both tables as ``(table, id, row)``."""
        for table in TABLES:
            for row_id, row in self.world.dynamics.rows[table].items():
                yield table, row_id, row

    def standing_rows(self) -> Iterator[tuple[str, str, Json]]:
        """Walk over the rows that were not merged into others."""
        return (one for one in self.rows() if one[1] not in self.merged_rows)

    def pairs(self) -> Iterator[Visible]:
        """Walk over rows and the persons that carry their ids, as everybody can see them.

        Rows that ended in others are no party to a pair any more, nor are those whose persons took
        over other rows, of which they may not carry the id yet.
        """
        by_row: dict[str, list[int]] = defaultdict(list)
        people = self.world.marketo.people
        for person, values in people.items():
            if values["leadsyncDynamicsId"]:
                by_row[values["leadsyncDynamicsId"]].append(person)
        for table in TABLES if by_row else ():
            for row_id, row in self.world.dynamics.rows[table].items():
                if row_id in by_row and row_id not in self.merged_rows:
                    for person in by_row[row_id]:
                        if not self.going_on or not self.goes_on_elsewhere(person, row_id):
                            yield (person, row_id), table, people[person], row

    def is_as_qualified(self, row_id: str) -> bool:
        """Tell whether nobody has set the filter flag of a row, unless by qualifying its lead."""
        return self.flag_set.get(row_id) == self.qualified_at.get(row_id)

    def goes_on_elsewhere(self, person: int, row_id: str) -> bool:
        """Tell whether a person goes on with another row than the one whose id it carries."""
        table, known = self.going_on.get(person, ("lead", row_id))
        ended = known in self.merged_rows or known in self.became
        return not (known == row_id or ended or known not in self.world.dynamics.rows[table])

    def unstamped(self) -> Iterator[Visible]:
        """Walk over rows that were made for persons that do not carry their ids yet."""
        people = self.world.marketo.people
        for table, row_id, row in self.rows():
            person = row["new_marketoid"]
            made = row_id not in self.user_rows and person in people
            if made and not people[person]["leadsyncDynamicsId"]:
                yield (person, row_id), table, people[person], row

    def may_be_stopped(self, *records: RecordId) -> bool:
        """Tell whether an opt-out can have reached one of the records by a shared address (S108).

        Addresses are shared over time and through pairs, so everybody within reach counts.
        """
        groups = [*self.before_link, *self.shared_emails.values()]
        return is_within_reach(self.entered, groups, records)

    def time_of(self, moment: int) -> datetime:
        """Return the time of a moment."""
        return self.events[moment - 1][1]

    def was_restless(self, pair: Pair, since: int) -> bool:
        """Tell whether something happened since that hides what leadsync took for agreed."""
        return any(
            moments and moments[-1] > since for moments in (self.unrest, self.own_unrest[pair[1]])
        )
