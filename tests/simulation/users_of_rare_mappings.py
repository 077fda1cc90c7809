"""What users do under mappings with a mass-delete guard or defaults (S028, S079)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from leadsync.cycle.reading import as_table
from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.model import TABLES

if TYPE_CHECKING:
    from simulation.users import Users


def add_many_rows(users: Users) -> None:
    """Fill one table, and let the other have a few rows."""
    many, few = users.random.sample(TABLES, 2)
    for table in (many,) * users.random.randrange(4, 8) + (few,) * 2:
        values = {"lastname": "Ek", "jobtitle": users.random.choice(("A", "B"))}
        row_id = users.world.dynamics.add(table, **values)
        users.diary.row_edited(table, row_id, {}, values, created=True)


def delete_rows(users: Users) -> None:
    """Delete some rows of one table, perhaps too many."""
    table = users.random.choice(TABLES)
    rows = list(users.world.dynamics.rows[table])
    for row_id in users.random.sample(rows, min(len(rows), users.random.randrange(2, 6))):
        users.diary.row_going(row_id)
        users.world.dynamics.delete(table, row_id)
        users.diary.row_gone(table, row_id)


def ask_for_a_nameless_person(users: Users) -> None:
    """Create a person without a last name, and ask for it to become a row."""
    title = users.random.choice(("A", "B", None))
    values = {"firstName": "C", "lastName": None, "title": title}
    person = users.world.marketo.add(**values)
    users.diary.person_edited(person, {}, values, created=True)
    sync_as = as_table(users.random.choice(TABLES))
    request = person_request(users.world.engine, "sync_person", person, sync_as=sync_as)
    store_requests(users.world.engine, [request])
    users.diary.person_asked_for(person, sync_as)


def edit_a_person_asked_for(users: Users) -> None:
    """Edit something of a person that was asked for, perhaps its name."""
    people = users.world.marketo.people
    asked = sorted(users.diary.asked_for & people.keys())
    if asked:
        name = users.random.choice(("title", "title", "country", "lastName"))
        value = users.random.choice(("Bo", "Al", None))
        users.edit_person_with(users.random.choice(asked), {name: value})


def edit_a_row_asked_for(users: Users) -> None:
    """Edit a row that leadsync has made, perhaps its name."""
    made = [one for one in users.diary.standing_rows() if one[1] not in users.diary.user_rows]
    if made:
        table, row_id, _ = users.random.choice(made)
        column = users.random.choice(("jobtitle", "lastname", "lastname"))
        users.edit_row_with(table, row_id, {column: users.random.choice(("Bo", None))})


#: what users do under rare mappings, by name.
ACTS: dict[str, Callable[[Users], None]] = {
    "add_many_rows": add_many_rows,
    "delete_rows": delete_rows,
    "ask_for_a_nameless_person": ask_for_a_nameless_person,
    "edit_a_person_asked_for": edit_a_person_asked_for,
    "edit_a_row_asked_for": edit_a_row_asked_for,
}
