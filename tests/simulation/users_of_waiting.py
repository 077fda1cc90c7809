"""What users do to pairs whose values cannot pass: held ones, closed ones (S077, S085, S096)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulation.facts import Visible
from simulation.values import BAD_EMAIL, COLUMNS, TOO_LONG, UNKNOWN_SOURCE, entered, fields_of

if TYPE_CHECKING:
    from simulation.users import Users

#: values of persons that no row can take.
_SPOILT = {"email": BAD_EMAIL, "firstName": TOO_LONG, "leadSource": UNKNOWN_SOURCE}


def spoil_person(users: Users) -> None:
    """Give the person of an open pair a value that its row cannot take."""
    pairs = [p for p in users.diary.pairs() if _is_open(p)]
    if pairs:
        pair, table, *_ = users.random.choice(pairs)
        name = users.random.choice([name for name in _SPOILT if name in fields_of(table)])
        users.edit_person_with(pair[0], {name: _SPOILT[name]})


def edit_last_person(users: Users) -> None:
    """Edit the person of the last edit's pair in a field that any row takes."""
    if pair := _last_pair(users):
        users.edit_person_with(pair[0][0], {"title": users.random.choice(("A", "B", "C"))})


def edit_last_row(users: Users) -> None:
    """Edit the row of the last edit's pair, most often in the same field."""
    if pair := _last_pair(users):
        names = [name for name in users.names if name in fields_of(pair[1])]
        if users.random.random() < 0.3 or not names:
            names = ["title"]
        values = {
            COLUMNS[name]: entered(users.random, name, "dynamics", invalid=False) for name in names
        }
        users.edit_row_with(pair[1], pair[0][1], values)


def stop_last_row(users: Users) -> None:
    """Close the row of the last edit's pair, or take it out of scope."""
    pair = _last_pair(users)
    if pair is None or not _is_open(pair):
        return
    (_, row_id), table, *_ = pair
    if users.random.random() < 0.5:
        users.world.dynamics.deactivate(table, row_id)
        users.diary.row_closed(table, row_id, closed=True)
    else:
        users.edit_row_with(table, row_id, {"new_synctomkto": False})


#: what users do to pairs whose values cannot pass, by name.
ACTS: dict[str, Callable[[Users], None]] = {
    "spoil_person": spoil_person,
    "edit_last_person": edit_last_person,
    "edit_last_row": edit_last_row,
    "stop_last_row": stop_last_row,
}


def _last_pair(users: Users) -> Visible | None:
    return next((p for p in users.diary.pairs() if users.last in p[0]), None)


def _is_open(pair: Visible) -> bool:
    return pair[3]["new_synctomkto"] is not False and pair[3]["statecode"] == 0
