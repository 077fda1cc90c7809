"""What users did, and when both sides were last seen to agree: all that the oracle may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from leadsync.model import TABLES, Json
from leadsync.state.port import QuarantineRow
from simulation.stops import Edit, RecordId, Stops, both_stop, is_within_reach, spread
from simulation.values import COLUMNS, Value, compared, fields_of, plain
from support.world import World

__all__ = ["Before", "Diary", "Edit", "Pair", "RecordId", "Side", "Visible"]

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


@dataclass
class Diary:
    """One run's story. Moments are counted, not timed.

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
    :ivar restored: rows that came back under their own ids, with the persons that they had.
    :ivar clashed: edits of rows that were about to be written in that very field.
    :ivar written_over: edits of persons that our own write replaced a moment later.
    :ivar bereaved: rows that were linked to a person when it was deleted.
    :ivar opted_out: records that share an address with one that a user opted out, at any time.
    :ivar closed_at: when the rows that are closed now were closed by a user.
    :ivar merged_rows: the winners of rows that users merged, and when.
    :ivar follows: persons that winners of merges must end with, where that can be told.
    :ivar stops: when cycles left opt-outs on both sides.
    :ivar cycling: whether a cycle runs now.
    :ivar cycles: when those that have ended began and ended.
    :ivar fresh_since: end of the cycle before the last one: what is older was looked at before.
    :ivar entered: every value that a user ever gave a field or left in it.
    :ivar shared_emails: every e-mail key that a record ever had, with the records.
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
    merged_rows: dict[str, tuple[str, int]] = field(default_factory=dict)
    follows: dict[str, int] = field(default_factory=dict)
    stops: Stops = field(default_factory=Stops)
    cycling: bool = False
    cycles: list[tuple[int, int]] = field(default_factory=list)
    fresh_since: int = 0
    _ended_at: int = 0
    flag_set: dict[str, int] = field(default_factory=dict)
    user_persons: set[int] = field(default_factory=set)
    user_rows: set[str] = field(default_factory=set)
    asked_for: set[int] = field(default_factory=set)
    heirs: dict[str, tuple[str, int]] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)
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
    _seen_at: int = -1
    _seen: tuple[list[QuarantineRow], list[Visible]] = field(default_factory=lambda: ([], []))
    events: list[tuple[int, datetime, str]] = field(default_factory=list)

    # -- writing

    def note(self, event: str) -> int:
        """Add a line to the story and return its moment."""
        self.now += 1
        self.events.append((self.now, self.world.clock.now(), event))
        return self.now

    def person_edited(self, person: int, before: Json, values: Json, *, created: bool) -> None:
        """Note the fields of a person that a user changed."""
        at = self.note(f"person {person} {'created' if created else 'edited'} {values}")
        current = self.world.marketo.people[person]
        for name in COLUMNS:
            value = plain(name, current.get(name))
            self.entered[person, name].add(value)
            if created or value != plain(name, before.get(name)):
                self.edits[person, name] = Edit(at, value)
        if created:
            self.user_persons.add(person)
        self._email(person, current.get("email"))

    def row_edited(
        self, table: str, row_id: str, before: Json, values: Json, *, created: bool
    ) -> None:
        """Note the fields of a row that a user changed."""
        at = self.note(f"{table} {row_id[-2:]} {'created' if created else 'edited'} {values}")
        current = self.world.dynamics.rows[table][row_id]
        for name in fields_of(table):
            value = plain(name, current[COLUMNS[name]])
            self.entered[row_id, name].add(value)
            if created or value != plain(name, before.get(COLUMNS[name])):
                self.edits[row_id, name] = Edit(at, value)
        if created:
            self.user_rows.add(row_id)
        if current.get("new_synctomkto") != before.get("new_synctomkto"):
            self.flag_set[row_id] = at
        self.row_touched[row_id] = at
        self._email(row_id, current.get("emailaddress1"))

    def person_gone(self, person: int, carried: str | None) -> None:
        """Note that a user deleted a person, which carried the id of a row until then."""
        for link in self.world.store.links_of_persons([person]):
            if link["status"] == "open":
                self.bereaved.add(link["dynamics_id"])
        at = self.person_deleted[person] = self.note(f"person {person} deleted")
        if carried:
            self.before_link.setdefault((person, carried), Before(at, None, None))

    def row_going(self, row_id: str) -> None:
        """Note whom a row has that is about to be deleted."""
        self.restored.pop(row_id, None)
        persons = [person for (person, other), *_ in self.pairs() if other == row_id]
        self._deserted.pop(row_id, None)
        if len(persons) == 1 and not self.cycling:
            self._deserted[row_id] = persons[0]

    def row_back(self, table: str, row_id: str) -> None:
        """Note that a deleted row is back under its own id."""
        at = self.note(f"{table} {row_id[-2:]} restored")
        self.row_deleted.pop(row_id)
        self.row_touched[row_id] = at
        if row_id in self._deserted:
            self.restored[row_id] = self._deserted[row_id]

    def row_gone(self, table: str, row_id: str) -> None:
        """Note that a user deleted a row; a contact no longer tells of a lead that is gone.

        A contact that has not taken over the lead's person by now is a new row to everybody (S049).
        """
        for contact in [c for c, (lead, _) in self.heirs.items() if lead == row_id]:
            self._disinherit(contact, self.heirs.pop(contact)[1])
        self.row_deleted[row_id] = self.note(f"{table} {row_id[-2:]} deleted")

    def _disinherit(self, contact: str, person: int) -> None:
        """Forget what a contact's lead had agreed on, unless its person carries it already."""
        carried = self.world.marketo.people.get(person, {}).get("leadsyncDynamicsId")
        if carried != contact:
            for pair in [pair for pair in self.before_link if pair[1] == contact]:
                del self.before_link[pair]
            for key in [key for key in self.agreed if key[0][1] == contact]:
                del self.agreed[key]

    def person_asked_for(self, person: int, sync_as: str) -> None:
        """Note that somebody wants a person to be a lead or contact."""
        self.asked_for.add(person)
        self.note(f"person {person} is asked for as {sync_as}")

    def row_closed(self, table: str, row_id: str, *, closed: bool) -> None:
        """Note that a row was closed, or opened again."""
        at = self.note(f"{table} {row_id[-2:]} {'closed' if closed else 'opened again'}")
        self.row_touched[row_id] = at
        if closed:
            self.closed_at[row_id] = at
        else:
            del self.closed_at[row_id]

    def is_closed(self, row_id: str) -> bool:
        """Tell whether a user closed a row, so that nothing may be pushed to it."""
        return row_id in self.closed_at

    def rows_merged(self, table: str, winner: str, loser: str) -> None:
        """Note that a row ended in another one, which keeps its values, and its person if any.

        A winner without a person takes over the loser's with what it agreed on (S097); all of the
        winner's values are new to that person.
        """
        persons: dict[str, list[int]] = {winner: [], loser: []}
        for (person, row_id), *_ in self.pairs():
            if row_id in persons:
                persons[row_id].append(person)
        at = self.note(f"{table} {loser[-2:]} is merged into {winner[-2:]}")
        self.row_touched[winner] = self.row_touched[loser] = self.closed_at[loser] = at
        self.merged_rows[loser] = (winner, at)
        known = any(winner in pair for pair in self.before_link)
        if len(persons[winner]) == 1:
            self.follows[winner] = persons[winner][0]
        elif len(persons[loser]) == 1 and not (
            known or self.cycling or winner in self.records_before
        ):
            self.follows[winner] = persons[loser][0]
        if not persons[winner]:
            row = self.world.dynamics.rows[table][winner]
            self._take_over(loser, winner, fields_of(table))
            for name in fields_of(table):
                self.edits[winner, name] = Edit(at, plain(name, row[COLUMNS[name]]))
            self.own_unrest[winner] += [*self.own_unrest[loser], at]

    def _take_over(self, before: str, after: str, names: Iterable[str]) -> None:
        """Let a row go on with the person of another and what they agreed on."""
        for person, _ in [pair for pair in self.before_link if pair[1] == before]:
            self.before_link.setdefault((person, after), self.before_link[person, before])
            for name in names:
                agreed = self.agreed.get(((person, before), name))
                if agreed is not None:
                    self.agreed.setdefault(((person, after), name), agreed)

    def qualified(self, lead: str, contact: str) -> None:
        """Note that a contact goes on where a lead ended, with its values and its edits."""
        at = self.note(f"lead {lead[-2:]} becomes contact {contact[-2:]}")
        self.row_touched[lead] = self.row_touched[contact] = at
        self.user_rows.add(contact)
        self.became[lead] = contact
        row = self.world.dynamics.rows["contact"][contact]
        for link in self.world.store.links_of_rows("lead", [lead]):
            if link["status"] == "open" and row["new_synctomkto"] is not False:
                self.heirs[contact] = (lead, link["marketo_id"])
        for name in fields_of("contact"):
            value = plain(name, row[COLUMNS[name]])
            self.entered[contact, name] = {*self.entered[lead, name], value}
            edit = self.edits.get((lead, name))
            if edit is not None:
                self.edits[contact, name] = Edit(edit.at, value)
        for pair in [pair for pair in self.before_link if pair[1] == lead]:
            self.before_link[pair[0], contact] = self.before_link[pair]
        for pair, name in [key for key in self.agreed if key[0][1] == lead]:
            self.agreed[(pair[0], contact), name] = self.agreed[pair, name]
        self.own_unrest[contact] = [*self.own_unrest[lead], at]
        self.flag_set[contact] = at
        if lead in self.follows:
            self.follows[contact] = self.follows.pop(lead)
        self._email(contact, row.get("emailaddress1"))

    def _email(self, record: RecordId, email: str | None) -> None:
        if email:
            self.shared_emails[email.strip().casefold()].add(record)

    def field_mapped_again(self, name: str) -> None:
        """Forget what was agreed on a field: its values count as edits of now (S125, S049)."""
        at = self.note(f"{name} is mapped again")
        for key in [key for key in self.agreed if key[1] == name]:
            del self.agreed[key]
        for person, values in self.world.marketo.people.items():
            self.edits[person, name] = Edit(at, plain(name, values.get(name)), timed=False)
        for table, row_id, row in self.rows():
            if name in fields_of(table):
                self.edits[row_id, name] = Edit(at, plain(name, row[COLUMNS[name]]), timed=False)

    @property
    def story(self) -> list[str]:
        """All events, a line each."""
        return [f"{moment:4} {at:%H:%M:%S} {event}" for moment, at, event in self.events]

    # -- cycles

    def cycle_begins(self) -> int:
        """Remember all records as they are; returns the moment."""
        self.cycling = True
        self.fresh_since = self._ended_at
        self.records_before = {i: dict(p) for i, p in self.world.marketo.people.items()}
        self.records_before.update((row_id, dict(row)) for _, row_id, row in self.rows())
        return self.note("cycle begins")

    def cycle_ended(self, began: int, hidden: Iterable[int], *, clean: bool) -> set[Pair]:
        """Note which pairs exist now; return those that a clean cycle has had all to itself.

        :param hidden: persons with activities that the log did not show when the cycle began.
        """
        self.cycling = False
        self.cycles.append((began, self.now))
        self._ended_at = self.now
        if not clean:
            self.unrest.append(self.now)
            self.written_over = {
                k: edit for k, edit in self.written_over.items() if edit.at < began
            }
        unseen, quiet = set(hidden), set()
        for gone in unseen & self.person_deleted.keys():
            self.person_deleted[gone] = self.now
        edited = {record for (record, _), edit in self.edits.items() if edit.at > began}
        for pair, _, person, row in (*self.pairs(), *self._unstamped()):
            person_before, row_before = (self.records_before.get(record) for record in pair)
            found, left = both_stop(person_before, row_before), both_stop(person, row)
            self.stops.look(pair[0], self.now, found=found, left=left)
            self.before_link.setdefault(pair, Before(began, person_before, row_before))
            touched = self.row_touched[pair[1]] > began or not edited.isdisjoint(pair)
            if pair[0] in unseen or touched:
                self.own_unrest[pair[1]].append(self.now)
            elif clean and row["new_synctomkto"] is not False:
                quiet.add(pair)
        return quiet

    def agree(self, quiet: Container[Pair]) -> None:
        """Note what is equal on both sides of these pairs."""
        mapping = self.world.mapping
        mapped = {entry["marketo"] for entry in mapping["fields"]}
        for pair, table, person, row in (*self.pairs(), *self._unstamped()):
            for name in mapped.intersection(fields_of(table)) if pair in quiet else ():
                marketo = compared(mapping, name, plain(name, person.get(name)))
                if marketo == compared(mapping, name, plain(name, row[COLUMNS[name]])):
                    self.agreed[pair, name] = Edit(self.now, marketo)

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

    # -- reading

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

        Rows that ended in others are no party to a pair any more.
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
                        yield (person, row_id), table, people[person], row

    def _unstamped(self) -> Iterator[Visible]:
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
