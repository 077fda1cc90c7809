"""New and closed records that get an address of somebody who has opted out (S096, S111)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from leadsync.model import TABLES
from simulation import users_of_consent as consent

if TYPE_CHECKING:
    from simulation.facts import Visible
    from simulation.users import Users


def add_row_with_a_stopped_address(users: Users) -> None:
    """Add a row with an address whose owner has opted out and has another one now (S111)."""
    owner = _owner_of_a_stopped_address(users)
    if owner is None or not consent.is_alone(users, owner):
        return
    address = owner[2]["email"]
    users.edit_person_with(owner[0][0], {"email": consent.NEW_ADDRESS})
    users.edit_row_with(owner[1], owner[0][1], {"emailaddress1": consent.NEW_ADDRESS})
    table = users.random.choice(TABLES)
    values = {"lastname": "Ek", "emailaddress1": address.upper()}
    row_id = users.world.dynamics.add(table, **values)
    users.diary.row_edited(table, row_id, {}, values, created=True)
    consent.promise(users, "S111", stopped=True, persons=set(), rows={row_id})


def close_and_take_a_stopped_address(users: Users) -> None:
    """Close a row and give its person the address of one who has opted out (S096, S111)."""
    owner = _owner_of_a_stopped_address(users)
    others = [p for p in consent.open_pairs(users) if owner and p[0] != owner[0]]
    if owner is None or not others:
        return
    (person, row_id), table, *_ = users.random.choice(others)
    users.world.dynamics.deactivate(table, row_id)
    users.diary.row_closed(table, row_id, closed=True)
    users.edit_person_with(person, {"email": owner[2]["email"].upper()})
    consent.promise(users, "S111", stopped=True, persons={person})


#: what users do about addresses that were opted out, by name.
ACTS: dict[str, Callable[[Users], None]] = {
    "add_row_with_a_stopped_address": add_row_with_a_stopped_address,
    "close_and_take_a_stopped_address": close_and_take_a_stopped_address,
}


def _owner_of_a_stopped_address(users: Users) -> Visible | None:
    owners = [
        pair
        for pair in consent.stopped_pairs(users)
        if consent.has_agreed_address(users, pair) and consent.has_kept_address(users, pair)
    ]
    return users.random.choice(owners) if owners else None
