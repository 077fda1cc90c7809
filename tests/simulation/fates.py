"""Records that end, come back, or go on as others, as their users know it (semantics.md 5)."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.facts import Before
from simulation.related import FIELDS, RelatedFacts
from simulation.stops import Edit
from simulation.values import COLUMNS, fields_of, plain


class Fates(RelatedFacts):
    """Notes what became of records."""

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
        self.merge_meets(row_id)
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

    def row_closed(self, table: str, row_id: str, *, closed: bool) -> None:
        """Note that a row was closed, or opened again."""
        at = self.note(f"{table} {row_id[-2:]} {'closed' if closed else 'opened again'}")
        self.row_touched[row_id] = at
        if closed:
            self.closed_at[row_id] = at
        else:
            del self.closed_at[row_id]
            self.reopened.add(row_id)

    def rows_merged(self, table: str, winner: str, loser: str) -> None:
        """Note that a row ended in another one, which keeps its values, and its person if any.

        A winner without a person takes over the loser's with what it agreed on (S097); all of the
        winner's values are new to that person.
        """
        self.merge_meets(winner, loser)
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
            self._take_over(loser, winner, (*fields_of(table), *FIELDS))
            for name in fields_of(table):
                self.edits[winner, name] = Edit(at, plain(name, row[COLUMNS[name]]))
            self.own_unrest[winner] += [*self.own_unrest[loser], at]

    def _take_over(self, before: str, after: str, names: Iterable[str]) -> None:
        """Let a row go on with the person of another and what they agreed on."""
        for person, _ in [pair for pair in self.before_link if pair[1] == before]:
            self.hand_on((person, before), (person, after), names)

    def qualified(self, lead: str, contact: str) -> None:
        """Note that a contact goes on where a lead ended, with its values and its edits."""
        self.merge_meets(lead)
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
        self.flag_set[contact] = self.qualified_at[contact] = at
        if lead in self.known_rows:
            self.known_rows.add(contact)
        if lead in self.follows:
            self.follows[contact] = self.follows.pop(lead)
        self._email(contact, row.get("emailaddress1"))
