"""Users whose new records belong together by an address or an id (semantics.md 4, S021 to S034).

Every act has an address of its own, so that it is clear who must end with whom.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from leadsync.cycle.reading import as_table
from leadsync.cycle.request.on_request import person_request, store_requests
from leadsync.model import TABLES
from simulation.facts import Match

if TYPE_CHECKING:
    from simulation.users import Users


def rows_for_one_person(users: Users) -> None:
    """Create a contact and a lead with the address of one person: the contact is its (S023)."""
    address = _address(users)
    person = _person(users, address)
    lead, contact = _lead_and_contact(users, address)
    _expect(users, Match("S023", takes=((person, contact),), left=(lead,)))


def rows_for_nobody(users: Users) -> None:
    """Create a contact and a lead with one address: they are one person's (S025, S034)."""
    lead, contact = _lead_and_contact(users, _address(users))
    _expect(users, Match("S034", made=(contact,), left=(lead,)))


def persons_asked_for_at_once(users: Users) -> None:
    """Ask for two persons with one address: one row is made, for the elder (S025)."""
    address = _address(users)
    elder, younger = _person(users, address), _person(users, _respelt(users, address))
    asked = [elder, younger]
    users.random.shuffle(asked)
    for person in asked:
        _ask_for(users, person)
    _expect(users, Match("S025", made=(elder,), left=(younger,)))


def person_among_many(users: Users) -> None:
    """Ask for one of two persons who may have a contact or a lead: it gets the contact (S023)."""
    address = _address(users)
    persons = [_person(users, address) for _ in range(2)]
    lead, contact = _lead_and_contact(users, address)
    person = users.random.choice(persons)
    _ask_for(users, person)
    _expect(users, Match("S023", takes=((person, contact),), left=(lead,)))


def row_that_names_a_linked_person(users: Users) -> None:
    """Give a new row the id of a person, who stays with the row that it has (S034)."""
    pairs = list(users.diary.pairs())
    if pairs:
        pair, table, *_ = users.random.choice(pairs)
        (other,) = set(TABLES) - {table}
        copied = _row(users, other, new_marketoid=pair[0])
        _expect(users, Match("S034", takes=(pair,), made=(copied,)))


def row_that_names_a_person(users: Users) -> None:
    """Create a row with the id of a free person: they belong together."""
    person = _person(users)
    row_id = _row(users, users.random.choice(TABLES), new_marketoid=person)
    _expect(users, Match("S033", takes=((person, row_id),)))


def _address(users: Users) -> str:
    return f"m{users.random.randrange(10**6)}@x.com"


def _respelt(users: Users, address: str) -> str:
    """Return an address as another user may spell it: it is the same one."""
    return users.random.choice((address, address.upper()))


def _person(users: Users, address: str | None = None) -> int:
    values = {"lastName": "Ek", "title": "P", "email": address}
    person = users.world.marketo.add(**values)
    users.diary.person_edited(person, {}, values, created=True)
    return person


def _row(users: Users, table: str, **more: Any) -> str:
    values = {"lastname": "Ek", "jobtitle": "R", **more}
    row_id = users.world.dynamics.add(table, **values)
    users.diary.row_edited(table, row_id, {}, values, created=True)
    return row_id


def _lead_and_contact(users: Users, address: str) -> tuple[str, str]:
    rows = {
        table: _row(users, table, emailaddress1=_respelt(users, address))
        for table in users.random.sample(TABLES, len(TABLES))
    }
    return rows["lead"], rows["contact"]


def _ask_for(users: Users, person: int) -> None:
    sync_as = as_table(users.random.choice(TABLES))
    request = person_request(users.world.engine, "sync_person", person, sync_as=sync_as)
    store_requests(users.world.engine, [request])
    users.diary.person_asked_for(person, sync_as)


def _expect(users: Users, match: Match) -> None:
    users.diary.matches.append(match)
    users.diary.note(f"{match} must come of it")


#: what users do who match, by name.
ACTS: dict[str, Callable[[Users], None]] = {
    "rows_for_one_person": rows_for_one_person,
    "rows_for_nobody": rows_for_nobody,
    "persons_asked_for_at_once": persons_asked_for_at_once,
    "person_among_many": person_among_many,
    "row_that_names_a_linked_person": row_that_names_a_linked_person,
    "row_that_names_a_person": row_that_names_a_person,
}
