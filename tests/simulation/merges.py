"""Merges of persons in Marketo, as their users know them (semantics.md 5, S100, S101)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from leadsync.model import Json
from simulation.facts import Facts, Pair
from simulation.stops import Edit
from simulation.values import COLUMNS, fields_of, plain

#: a row with its table.
Row = tuple[str, str]


class Merges(Facts):
    """Notes who ended in whom."""

    def rows_of(self, persons: Mapping[int, Json]) -> dict[int, Row]:
        """Return the rows that persons have, as everybody can see or know them."""
        found = (*self.pairs(), *self.unstamped())
        rows = {pair[0]: (table, pair[1]) for pair, table, *_ in found if pair[0] in persons}
        for person in persons:
            table, row_id = self.going_on.get(person, ("lead", ""))
            if row_id in self.world.dynamics.rows[table] and row_id not in self.merged_rows:
                rows[person] = (table, row_id)
        return {person: self._row_now(row) for person, row in rows.items()}

    def _row_now(self, row: Row) -> Row:
        """Return the contact that a lead has become, with which its person goes on (S092)."""
        contact = self.became.get(row[1], "")
        return ("contact", contact) if self._goes_on_as_contact(row[1]) else row

    def _goes_on_as_contact(self, lead: str) -> bool:
        contact = self.became.get(lead, "")
        found = self.world.dynamics.rows["contact"].get(contact)
        merged = {*self.merged_rows, *(winner for winner, _ in self.merged_rows.values())}
        plain = found is not None and not {lead, contact} & merged and lead not in self.flag_set
        return plain and self.is_as_qualified(contact) and contact in self.heirs

    def person_now(self, person: int) -> int:
        """Return the person in which one ended, through all merges; itself if it was not merged."""
        while person in self.merged_persons:
            person = self.merged_persons[person][0]
        return person

    def persons_merged(
        self,
        winner: int,
        losers: Sequence[int],
        before: Mapping[int, Json],
        rows: Mapping[int, Row],
    ) -> None:
        """Note that persons ended in another one, which gets of them what it lacks itself.

        It keeps its row. Without one it goes on with a loser's and what was agreed on there, as it
        does with a contact in place of a lead (S101); all its values are new to that row.

        :param before: all of them before the merge; ``rows``: what each of them had then.
        """
        at = self.note(f"persons {losers} are merged into {winner}")
        self._filled(winner, losers, before[winner], at)
        for loser in losers:
            self.merged_persons[loser] = (winner, at)
            self.kept_rows.pop(loser, None)
        claims = self._claims(winner, losers, rows)
        doubtful = self._doubtful_rows(before, claims)
        for row_id in {*doubtful, *(row_id for _, row_id in claims)}:
            self.parties[row_id] |= before.keys()
        own = self.owned.get(winner, rows.get(winner))
        kept = _best(own, claims)
        replaced = own is not None and own != kept and bool(self.own_unrest[own[1]])
        doubtful_winner = replaced or self._are_new(claims) or bool(self.unclear & before.keys())
        if doubtful or self.cycling or (claims and kept is None) or doubtful_winner:
            self._is_unclear(winner, at, {*doubtful, *(row_id for _, row_id in claims)})
        elif kept is not None:
            if kept != rows.get(winner):
                self._goes_on(winner, kept, at)
            self.going_on[winner] = kept
            self.kept_rows[winner] = kept[1]
            for _, row_id in (row for row in claims if row != kept):
                clear = row_id not in self.left_rows and len(claims) == 2  # by which merge
                self.left_rows[row_id] = at, kept[0] if clear else ""
        self.claimed[winner], self.owned[winner] = claims, own

    def _claims(self, winner: int, losers: Iterable[int], rows: Mapping[int, Row]) -> list[Row]:
        """Return all rows of which one may become the winner's.

        What the parties took over before counts as long as no cycle has seen to it: who merged whom
        cannot be told any more then, because Marketo gives the activities of losers to winners.
        """
        found: list[Row] = []
        for person in (winner, *losers):
            own = rows.get(person)
            found += self.claimed.get(person) or ([own] if own else [])
        return [*dict.fromkeys(found)]

    def _are_new(self, rows: Iterable[Row]) -> bool:
        """Tell whether no clean cycle has seen one of the rows with a person yet."""
        return any(row_id not in self.known_rows for _, row_id in rows)

    def merges_seen(self, began: int, hidden: Container[int], *, clean: bool) -> None:
        """Note what a cycle may have done about merges; a clean one has seen to all of them.

        Winners can have found rows of their own before their merges appeared in the log.
        """
        for winner in {into for into, _ in self.merged_persons.values()}:
            carried = self.world.marketo.people.get(winner, {}).get("leadsyncDynamicsId")
            if carried:
                self.parties[carried].add(winner)
            claims = self.claimed.get(winner, [])
            own = self.owned.get(winner)
            if winner in hidden and own is not None and own != self.going_on.get(winner):
                self._is_unclear(winner, self.now, [row_id for _, row_id in claims])
            if claims and carried and carried not in {row_id for _, row_id in claims}:
                self._is_unclear(winner, self.now, [row_id for _, row_id in claims])
            since = max(at for into, at in self.merged_persons.values() if into == winner)
            if clean and since < began and winner not in hidden and winner in self.claimed:
                del self.claimed[winner], self.owned[winner]

    def merge_meets(self, *rows: str) -> None:
        """Note that something decisive happened to rows before a cycle saw who gets them."""
        for winner, claims in self.claimed.items():
            if not {row_id for _, row_id in claims}.isdisjoint(rows):
                self._is_unclear(winner, self.now, [row_id for _, row_id in claims])

    def _is_unclear(self, winner: int, at: int, rows: Iterable[str]) -> None:
        """Note that nobody can tell with which row a winner goes on."""
        self.unclear.add(winner)
        self.going_on.pop(winner, None)
        self.kept_rows.pop(winner, None)
        for row_id in rows:
            self.own_unrest[row_id].append(at)

    def _doubtful_rows(self, before: Mapping[int, Json], claims: Iterable[Row]) -> set[str]:
        """Return ended rows whose persons have not followed yet, and in which those ended."""
        after = {**self.became, **{loser: into for loser, (into, _) in self.merged_rows.items()}}
        found = {person["leadsyncDynamicsId"] for person in before.values()} & after.keys()
        found = {row_id for row_id in found if not self._goes_on_as_contact(row_id)}
        winners = {winner for winner, _ in self.merged_rows.values()}
        found |= {
            row_id
            for _, row_id in claims
            if row_id in winners and self.row_touched[row_id] > self.clean_since
        }
        while new := {after[row_id] for row_id in found if row_id in after} - found:
            found |= new
        return found

    def _filled(self, winner: int, losers: Iterable[int], before: Json, at: int) -> None:
        """Note what the winner got."""
        current = self.world.marketo.people[winner]
        for name in COLUMNS:
            value = plain(name, current.get(name))
            self.entered[winner, name].add(value)
            for loser in losers:
                self.entered[winner, name] |= self.entered[loser, name]
            if value != plain(name, before.get(name)):
                self.edits[winner, name] = Edit(at, value, timed=False)
        self._email(winner, current.get("email"))

    def _goes_on(self, winner: int, row: Row, at: int) -> None:
        """Let the winner take the place of the person that a row had."""
        table, row_id = row
        current = self.world.marketo.people[winner]
        for before in [pair for pair in self.before_link if pair[1] == row_id]:
            if self.person_now(before[0]) == winner != before[0]:
                self.hand_on(before, (winner, row_id), fields_of(table))
        for name in fields_of(table):
            self.edits[winner, name] = Edit(at, plain(name, current.get(name)), timed=False)

    def hand_on(self, before: Pair, after: Pair, names: Iterable[str]) -> None:
        """Let a pair go on as another one, with what it agreed on."""
        if before in self.before_link:
            self.before_link.setdefault(after, self.before_link[before])
        for name in names:
            agreed, known = (self.agreed.get((pair, name)) for pair in (before, after))
            if agreed is not None and (known is None or known.at < agreed.at):
                self.agreed[after, name] = agreed


def _best(own: Row | None, claims: Sequence[Row]) -> Row | None:
    """Return the row with which a winner goes on: its own one, but a contact before a lead.

    :returns: ``None`` when there is none, or several are as good.
    """
    contacts = [row for row in claims if row[0] == "contact"]
    if own is not None and (own in contacts or not contacts):
        return own
    best = contacts or claims
    return best[0] if len(best) == 1 else None
