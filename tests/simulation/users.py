"""Users of both systems: random edits, deletions, filter flips, noted in the diary."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from leadsync.cycle.reading import as_table
from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.model import TABLES, Json, RowWrite
from simulation.diary import Diary, Edit, Pair
from simulation.users_of_consent import ACTS as ACTS_OF_CONSENT
from simulation.users_of_rare_mappings import ACTS as ACTS_OF_RARE_MAPPINGS
from simulation.users_of_waiting import ACTS as ACTS_OF_WAITING
from simulation.users_who_employ import EmploysPeople
from simulation.users_who_match import ACTS as ACTS_OF_MATCHING
from simulation.users_who_meet_stops import ACTS as ACTS_OF_STOPPED_ADDRESSES
from simulation.users_who_merge import MergesPersons
from simulation.values import COLUMNS, entered, fields_of, plain

MOST_RECORDS = 8
#: seconds; longer than the tolerance of ``newest_wins``.
LONG_PAUSE = 400
#: pauses between edits of which the newest wins; inside the tolerance none is newer (S048).
PAUSES = (0, 100, 250, LONG_PAUSE, LONG_PAUSE, LONG_PAUSE)
#: fields that take any text.
CLASHING = ("title", "phone", "city", "country")


#: what users do in schedules that are aimed.
AIMED = {
    **ACTS_OF_CONSENT,
    **ACTS_OF_RARE_MAPPINGS,
    **ACTS_OF_STOPPED_ADDRESSES,
    **ACTS_OF_WAITING,
    **ACTS_OF_MATCHING,
}


class Users(MergesPersons, EmploysPeople):
    """Acts on a world as people do, and notes it in the world's diary.

    :param invalid: whether they enter values that the other side cannot take.
    :ivar last: the record of the last edit; ``names`` are its fields.
    :ivar favourites: the fields that they edit; few, so that edits meet.
    """

    def __init__(self, random: Random, diary: Diary, *, invalid: bool) -> None:
        self.random, self.diary, self.invalid = random, diary, invalid
        self.world = diary.world
        self.last: int | str = 0
        self.names: tuple[str, ...] = ("title",)
        self.bin: list[tuple[str, Json]] = []
        some = random.sample(list(COLUMNS), 3) if random.random() < 0.5 else list(COLUMNS)
        self.favourites = {*some, "title"}

    def act(self, kind: str, seed: int) -> None:
        """Do one thing, if there is anything to do it to."""
        self.random = Random(seed)
        if kind in AIMED:
            AIMED[kind](self)
        else:
            getattr(self, kind)()

    # -- creating

    def add_row(self) -> None:
        """Create a lead or contact."""
        if sum(1 for _ in self.diary.rows()) >= MOST_RECORDS:
            return
        table = self.random.choice(TABLES)
        values = self._row_values(
            table, [n for n in fields_of(table) if self.random.random() < 0.6]
        )
        values = {"lastname": "Ek", **values}
        if self.random.random() < 0.15:
            values["new_synctomkto"] = False
        row_id = self.world.dynamics.add(table, **values)
        self.diary.row_edited(table, row_id, {}, values, created=True)

    def add_person(self) -> None:
        """Create a person in Marketo."""
        if len(self.world.marketo.people) >= MOST_RECORDS:
            return
        chosen = [name for name in COLUMNS if self.random.random() < 0.6]
        values = {name: self._person_value(name) for name in chosen}
        person = self.world.marketo.add(**values)
        self.diary.person_edited(person, {}, values, created=True)

    def ask_for_person(self) -> None:
        """Ask for a person to become a lead or contact, whatever it is now."""
        people = list(self.world.marketo.people)
        if people and sum(1 for _ in self.diary.rows()) < MOST_RECORDS:
            self._ask_for(self.random.choice(people))

    def _ask_for(self, person: int) -> None:
        sync_as = as_table(self.random.choice(TABLES))
        request = person_request(self.world.engine, "sync_person", person, sync_as=sync_as)
        store_requests(self.world.engine, [request])
        self.diary.person_asked_for(person, sync_as)

    def ask_for_employee(self) -> None:
        """Ask for a person who names a company of its own, which no account has given it (S103)."""
        people = self.world.marketo.people
        free = [i for i, person in people.items() if not person["leadsyncDynamicsId"]]
        if free and sum(1 for _ in self.diary.rows()) < MOST_RECORDS:
            person = self.random.choice(free)
            self._edit_shown(person)
            self._ask_for(person)

    # -- editing

    def edit_person(self) -> None:
        people = list(self.world.marketo.people)
        if people:
            names = self._some(tuple(COLUMNS))
            person = self.random.choice(people)
            self.edit_person_with(person, {name: self._person_value(name) for name in names})

    def edit_row(self) -> None:
        rows = list(self.diary.standing_rows())
        if rows:
            table, row_id, _ = self.random.choice(rows)
            names = self._some(fields_of(table))
            self.edit_row_with(table, row_id, self._row_values(table, names))

    def edit_both(self) -> None:
        """Edit one field of a pair on both sides, each in its own way."""
        pairs = list(self.diary.pairs())
        if pairs:
            pair, table, *_ = self.random.choice(pairs)
            name = self._some(fields_of(table))[0]
            self._edit_sides(pair, table, name, self.random.choice((0, LONG_PAUSE)))

    def edit_ruled(self) -> None:
        """Edit a field of a pair on both sides in the way that the field's rule is about."""
        rules = {
            entry["marketo"]: entry["rule"]
            for entry in self.world.mapping["fields"]
            if entry["marketo"] in CLASHING and entry.get("direction", "both") == "both"
        }
        pairs = list(self.diary.pairs())
        if pairs and rules:
            pair, table, *_ = self.random.choice(pairs)
            name = self.random.choice(list(rules))
            pause = self.random.choice(PAUSES) if rules[name] == "newest_wins" else 0
            empties = rules[name] == "non_empty_wins" and self.random.random() < 0.8
            if pause and self.random.random() < 0.5:  # the last of a person's changes counts
                self.edit_person_with(pair[0], {"lastName": self._person_value("lastName")})
                self.world.clock.advance(pause)
            self._edit_sides(pair, table, name, pause, empties=empties)

    def _edit_sides(
        self, pair: Pair, table: str, name: str, pause: int, *, empties: bool = False
    ) -> None:
        """Edit a field on both sides, with a pause in between; ``empties`` clears it on one."""
        of_person = {name: self._person_value(name)}
        of_row = self._row_values(table, [name])
        if empties:
            cleared = self.random.choice((of_person, of_row))
            cleared.update(dict.fromkeys(cleared))
        edits = [
            lambda: self.edit_person_with(pair[0], of_person),
            lambda: self.edit_row_with(table, pair[1], of_row),
        ]
        self.random.shuffle(edits)
        edits[0]()
        self.world.clock.advance(pause)
        edits[1]()

    def edit_equally(self) -> None:
        """Give one field of a pair the same value on both sides."""
        pairs = list(self.diary.pairs())
        if pairs:
            (person, row_id), table, *_ = self.random.choice(pairs)
            name = self._some(fields_of(table))[0]
            values = self._row_values(table, [name])
            self.edit_row_with(table, row_id, values)
            self.edit_person_with(person, {name: plain(name, values[COLUMNS[name]])})

    def edit_again(self) -> None:
        """Edit the record of the last edit, or its counterpart, once more."""
        people, rows = (
            self.world.marketo.people,
            {i: (t, i) for t, i, _ in self.diary.standing_rows()},
        )
        both = [p for p, *_ in self.diary.pairs() if {*p} & {self.last}]
        record = self.random.choice([*both[0], self.last] if both else [self.last])
        if record in people:
            self.edit_person_with(
                record, {n: self._person_value(n) for n in self._some(self.names)}
            )
        elif record in rows:
            table, row_id = rows[record]
            names = [n for n in self.names if n in fields_of(table)]
            self.edit_row_with(table, row_id, self._row_values(table, names))

    def edit_back(self) -> None:
        """Give a field of a pair two values on its sides, one of which it has had before."""
        pairs = list(self.diary.pairs())
        if pairs:
            (person, row_id), table, *_ = self.random.choice(pairs)
            names = [n for n in self.names if n in fields_of(table)] or ["title"]
            name = self.random.choice(names)
            had = sorted(map(str, self.diary.entered[row_id, name] - {None, True, False}))
            value = self.random.choice(had) if had else self._person_value(name)
            self.edit_person_with(person, {name: value})
            self.edit_row_with(table, row_id, self._row_values(table, [name]))

    def edit_person_with(self, person: int, values: Json) -> None:
        self.last, self.names = person, tuple(values) or self.names
        before = dict(self.world.marketo.people[person])
        self.world.marketo.edit(person, **values)
        self.diary.person_edited(person, before, values, created=False)

    def edit_row_with(self, table: str, row_id: str, values: Json) -> None:
        self.last = row_id
        self.names = tuple(n for n, column in COLUMNS.items() if column in values) or self.names
        before = dict(self.world.dynamics.rows[table][row_id])
        self.world.dynamics.edit(table, row_id, **values)
        self.diary.row_edited(table, row_id, before, values, created=False)

    def clash(self, writes: Sequence[RowWrite], seed: int) -> None:
        """Give a field of a row that is about to be written a value that nobody else has (S050)."""
        random, rows = Random(seed), self.world.dynamics.rows
        chosen = [
            (write.table, write.row_id, name)
            for write in writes
            for name in CLASHING
            if COLUMNS[name] in write.body and write.row_id in rows[write.table]
        ]
        if chosen:
            table, row_id, name = random.choice(chosen)
            value = f"w{seed}"
            self.edit_row_with(table, row_id, {COLUMNS[name]: value})
            self.diary.clashed[row_id, name] = Edit(self.diary.now, value)

    def edit_beside(self, bodies: Sequence[Json], seed: int, *, over: bool) -> None:
        """Edit a person in the very second in which it is written: another field, or the same.

        Marketo cannot refuse our write, so an edit of the same field is written over.

        :param over: whether the same field may be edited.
        """
        random, people = Random(seed), self.world.marketo.people
        alive = [body for body in bodies if body["id"] in people]
        met = [(body["id"], name) for body in alive for name in CLASHING if name in body]
        beside = [(body["id"], name) for body in alive for name in CLASHING if name not in body]
        meets = over and bool(met) and random.random() < 0.7
        if meets or (beside and random.random() < 0.5):
            person, name = random.choice(met if meets else beside)
            self.edit_person_with(person, {name: f"p{seed}"})
            if meets:
                self.diary.written_over[person, name] = Edit(self.diary.now, f"p{seed}")

    def flip(self) -> None:
        rows = list(self.diary.standing_rows())
        if rows:
            table, row_id, row = self.random.choice(rows)
            flag = True if row["new_synctomkto"] is False else self.random.choice((False, None))
            self.edit_row_with(table, row_id, {"new_synctomkto": flag})

    def leave(self) -> None:
        """Take the row of a pair out of scope, and edit its person, which nobody is told of."""
        pairs = [p for p in self.diary.pairs() if p[3]["new_synctomkto"] is not False]
        if pairs:
            (person, row_id), table, *_ = self.random.choice(pairs)
            self.edit_row_with(table, row_id, {"new_synctomkto": False})
            self._edit_person_of(person, table)

    def come_back(self) -> None:
        """Bring a row back into scope."""
        rows = [one for one in self.diary.standing_rows() if one[2]["new_synctomkto"] is False]
        if rows:
            table, row_id, _ = self.random.choice(rows)
            self.edit_row_with(table, row_id, {"new_synctomkto": True})

    def close_and_edit(self) -> None:
        """Close the row of a pair, and edit its person, which has to wait."""
        pairs = [p for p in self.diary.pairs() if p[3]["statecode"] == 0]
        if pairs:
            (person, row_id), table, *_ = self.random.choice(pairs)
            self.world.dynamics.deactivate(table, row_id)
            self.diary.row_closed(table, row_id, closed=True)
            self._edit_person_of(person, table)

    def _edit_person_of(self, person: int, table: str) -> None:
        name = self._some(fields_of(table))[0]
        self.edit_person_with(person, {name: self._person_value(name)})

    def qualify(self) -> None:
        """Qualify a lead: its person goes on with the contact that it becomes (S092)."""
        leads = [i for t, i, row in self.diary.rows() if t == "lead" and row["statecode"] == 0]
        if leads:
            lead = self.random.choice(leads)
            row = self.world.dynamics.rows["lead"][lead]
            copied = {COLUMNS[name]: row[COLUMNS[name]] for name in fields_of("contact")}
            copied["new_synctomkto"] = row["new_synctomkto"]
            self.world.dynamics.edit("lead", lead, statecode=1)
            contact = self.world.dynamics.add("contact", _originatingleadid_value=lead, **copied)
            self.diary.qualified(lead, contact)

    def close_row(self) -> None:
        """Disqualify a lead, or make a contact inactive (S077, S096)."""
        rows = [(t, i) for t, i, row in self.diary.rows() if row["statecode"] == 0]
        if rows:
            table, row_id = self.random.choice(rows)
            self.world.dynamics.deactivate(table, row_id)
            self.diary.row_closed(table, row_id, closed=True)

    def reopen_row(self) -> None:
        """Make a closed row active again."""
        rows = [(t, i) for t, i, _ in self.diary.standing_rows() if self.diary.is_closed(i)]
        if rows:
            table, row_id = self.random.choice(rows)
            self.world.dynamics.reopen(table, row_id)
            self.diary.row_closed(table, row_id, closed=False)

    # -- merging

    def merge_rows(self) -> None:
        """Merge two active rows of one table; the winner keeps its own values (S097)."""
        active = {
            table: [i for t, i, row in self.diary.rows() if t == table and row["statecode"] == 0]
            for table in TABLES
        }
        tables = [table for table, rows in active.items() if len(rows) > 1]
        if tables:
            table = self.random.choice(tables)
            winner, loser = self.random.sample(active[table], 2)
            self.world.dynamics.merge(table, winner, loser)
            self.diary.rows_merged(table, winner, loser)

    # -- deleting

    def delete_person(self) -> None:
        people = list(self.world.marketo.people)
        if people:
            person = self.random.choice(people)
            carried = self.world.marketo.people[person]["leadsyncDynamicsId"]
            self.world.marketo.delete(person)
            self.diary.person_gone(person, carried)

    def delete_row(self) -> None:
        winners = {winner for winner, _ in self.diary.merged_rows.values()}
        rows = [one for one in self.diary.standing_rows() if one[1] not in winners]
        if rows:
            table, row_id, row = self.random.choice(rows)
            self.diary.row_going(row_id)
            self.world.dynamics.delete(table, row_id)
            self.bin.append((table, row))
            self.diary.row_gone(table, row_id)

    def restore_row(self) -> None:
        if self.bin:
            table, row = self.bin.pop(self.random.randrange(len(self.bin)))
            self.world.dynamics.restore(table, row)
            self.diary.row_back(table, row[f"{table}id"])

    # -- values

    def _some(self, names: tuple[str, ...]) -> list[str]:
        """Draw one or two fields, of those that the users of this run care about."""
        liked = [name for name in names if name in self.favourites]
        return self.random.sample(liked, min(len(liked), self.random.choice((1, 1, 2))))

    def _person_value(self, name: str) -> Any:
        return entered(self.random, name, "marketo", invalid=self.invalid)

    def _row_values(self, table: str, names: list[str]) -> Json:
        return {
            COLUMNS[name]: entered(self.random, name, "dynamics", invalid=self.invalid)
            for name in names
        }
