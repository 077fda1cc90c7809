"""What users did, and when both sides were last seen to agree: all that the oracle may know."""

from __future__ import annotations

from collections.abc import Container, Iterable

from leadsync.model import Json
from simulation.facts import Before, Pair, Side, Visible
from simulation.fates import Fates
from simulation.stops import Edit, RecordId, both_stop
from simulation.values import COLUMNS, compared, fields_of, plain

__all__ = ["Before", "Diary", "Edit", "Pair", "RecordId", "Side", "Visible"]


class Diary(Fates):
    """One run's story."""

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

    def person_asked_for(self, person: int, sync_as: str) -> None:
        """Note that somebody wants a person to be a lead or contact."""
        self.asked_for.add(person)
        self.note(f"person {person} is asked for as {sync_as}")

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
        self.clean_since = began if clean else self.clean_since
        if self.world.mapping.get("company"):
            self.count_unseen(clean=clean)
        if self.merged_persons:
            self.merges_seen(began, unseen, clean=clean)
        for gone in unseen & self.person_deleted.keys():
            self.person_deleted[gone] = self.now
        edited = {record for (record, _), edit in self.edits.items() if edit.at > began}
        for pair, _, person, row in (*self.pairs(), *self.unstamped()):
            person_before, row_before = (self.records_before.get(record) for record in pair)
            found, left = both_stop(person_before, row_before), both_stop(person, row)
            self.stops.look(pair[0], self.now, found=found, left=left)
            self.before_link.setdefault(pair, Before(began, person_before, row_before))
            changed = max(self.shown_at.get(pair[1], ()), default=self.row_touched[pair[1]])
            touched = max(changed, self.row_touched[pair[1]]) > began
            touched |= not edited.isdisjoint(pair)
            if pair[0] in unseen or touched:
                self.own_unrest[pair[1]].append(self.now)
            elif clean and row["new_synctomkto"] is not False:
                quiet.add(pair)
                self.known_rows.add(pair[1])
        return quiet

    def agree(self, quiet: Container[Pair]) -> None:
        """Note what is equal on both sides of these pairs."""
        mapping = self.world.mapping
        mapped = {entry["marketo"] for entry in mapping["fields"]}
        for pair, table, person, row in (*self.pairs(), *self.unstamped()):
            if mapping.get("company") and pair in quiet:
                self.agree_related(pair, table, person, row)
            for name in mapped.intersection(fields_of(table)) if pair in quiet else ():
                marketo = compared(mapping, name, plain(name, person.get(name)))
                if marketo == compared(mapping, name, plain(name, row[COLUMNS[name]])):
                    self.agreed[pair, name] = Edit(self.now, marketo)
