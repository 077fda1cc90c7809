"""What users do about consent, and what they may count on then (semantics.md 8.J)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from leadsync.model import Json
from simulation.facts import Promise, Visible
from simulation.stops import RecordId
from simulation.values import plain

if TYPE_CHECKING:
    from simulation.users import Users

#: seconds; a click and a change in Dynamics that lie closer together have no order (S048).
TOLERANCE = 300
NEW_ADDRESS = "z@x.com"


def stop(users: Users) -> None:
    """Opt an address out, on either side of a pair; whoever shares it is stopped, too (S108)."""
    pairs = [p for p in open_pairs(users) if not _stops(p) and _key(p[2]) == _key_of_row(p[3])]
    pairs = [p for p in pairs if _key(p[2])]
    if not pairs:
        return
    pair = users.random.choice(pairs)
    key = _key(pair[2])
    if users.random.random() < 0.6:
        _add_sharer(users, pair[2]["email"])
    if users.random.random() < 0.5:
        users.edit_person_with(pair[0][0], {"unsubscribed": True})
    else:
        users.edit_row_with(pair[1], pair[0][1], {"donotbulkemail": True})
    persons = {i for i, p in users.world.marketo.people.items() if _key(p) == key}
    promise(users, "S108", stopped=True, persons={pair[0][0], *persons})


def stop_beside_refused(users: Users) -> None:
    """Opt out and change a field that the other server does not take (S109)."""
    stop(users)
    value = f"r{users.random.randrange(1000)}"
    if users.last in users.world.marketo.people:
        users.edit_person_with(int(users.last), {"title": value})
    for table, row_id, _ in users.diary.standing_rows():
        if row_id == users.last:
            users.edit_row_with(table, row_id, {"jobtitle": value})


def go_on(users: Users) -> None:
    """Subscribe the records of a pair again, on one side."""
    pairs = stopped_pairs(users)
    if pairs:
        pair = users.random.choice(pairs)
        if users.random.random() < 0.5:
            users.edit_person_with(pair[0][0], {"unsubscribed": False})
        else:
            users.edit_row_with(pair[1], pair[0][1], {"donotbulkemail": False})


def click_after_going_on(users: Users) -> None:
    """Subscribe a row again, and let its person unsubscribe by itself later (S110)."""
    if pairs := stopped_pairs(users):
        pair = users.random.choice(pairs)
        users.edit_row_with(pair[1], pair[0][1], {"donotbulkemail": False})
        users.world.clock.advance(users.random.choice((0, 60, TOLERANCE + 100)))
        _click(users, pair)
        promise(users, "S110", stopped=True, persons={pair[0][0]})


def go_on_after_click(users: Users) -> None:
    """Let a person unsubscribe once more, and subscribe its row again: the last one counts.

    Where it cannot be told which was last, the stop counts.
    """
    alone = [pair for pair in stopped_pairs(users) if is_alone(users, pair)]
    if alone:
        pair = users.random.choice(alone)
        _click(users, pair)
        passed = users.random.choice((60, TOLERANCE + 100))
        users.world.clock.advance(passed)
        users.edit_row_with(pair[1], pair[0][1], {"donotbulkemail": False})
        promise(users, "S110", stopped=passed < TOLERANCE, persons={pair[0][0]})


def take_a_stopped_address(users: Users) -> None:
    """Give somebody the address of one who has opted out and may have another one now (S111)."""
    owners = [pair for pair in stopped_pairs(users) if _key(pair[2]) and _is_agreed(users, pair)]
    if not owners:
        return
    owner = users.random.choice(owners)
    address = owner[2]["email"]
    if users.random.random() < 0.5 and is_alone(users, owner):
        users.edit_person_with(owner[0][0], {"email": NEW_ADDRESS})
    _give_address(users, address, stopped=True, but=owner[0])


def take_a_freed_address(users: Users) -> None:
    """Give somebody an address whose only owner may be mailed again (S111)."""
    free = [
        pair
        for pair in open_pairs(users)
        if not _stops(pair) and _key(pair[2]) and _is_agreed(users, pair)
    ]
    free = [pair for pair in free if is_alone(users, pair) and has_kept_address(users, pair)]
    if free:
        owner = users.random.choice(free)
        _give_address(users, owner[2]["email"], stopped=False, but=owner[0])


#: what users do about consent, by name.
ACTS: dict[str, Callable[[Users], None]] = {
    "stop": stop,
    "stop_beside_refused": stop_beside_refused,
    "go_on": go_on,
    "click_after_going_on": click_after_going_on,
    "go_on_after_click": go_on_after_click,
    "take_a_stopped_address": take_a_stopped_address,
    "take_a_freed_address": take_a_freed_address,
}


def _give_address(users: Users, address: str, *, stopped: bool, but: Collection[RecordId]) -> None:
    """Give an address to a pair that may be mailed, and promise what becomes of it."""
    others = [p for p in open_pairs(users) if p[0] != but and not _stops(p)]
    others = [p for p in others if _key(p[2]) != address.casefold() and _is_agreed(users, p)]
    if not others:
        return
    pair, table, *_ = users.random.choice(others)
    if users.random.random() < 0.5:
        users.edit_person_with(pair[0], {"email": address.upper()})
    else:
        users.edit_row_with(table, pair[1], {"emailaddress1": address.upper()})
    promise(users, "S111", stopped=stopped, persons={pair[0]})


def promise(
    users: Users, rule: str, *, stopped: bool, persons: set[int], rows: Collection[str] = ()
) -> None:
    """Promise it for persons and their rows, and for other rows."""
    rows = {*rows, *(p[0][1] for p in users.diary.pairs() if p[0][0] in persons)}
    diary = users.diary
    at = diary.note(f"{rule}: {sorted(persons)} must be {'stopped' if stopped else 'mailable'}")
    diary.promises.append(Promise(at, rule, stopped, frozenset(persons), frozenset(rows)))


def _click(users: Users, pair: Visible) -> None:
    person = pair[0][0]
    users.diary.note(f"person {person} unsubscribes by a click")
    users.world.marketo.unsubscribe(person)


def _add_sharer(users: Users, address: str) -> None:
    person = users.world.marketo.add(email=address.upper(), lastName="Ek")
    values = {"email": address.upper(), "lastName": "Ek"}
    users.diary.person_edited(person, {}, values, created=True)


def open_pairs(users: Users) -> list[Visible]:
    """Return the pairs that values flow in, both ways."""
    return [
        pair
        for pair in users.diary.pairs()
        if pair[3]["new_synctomkto"] is not False and pair[3]["statecode"] == 0
    ]


def stopped_pairs(users: Users) -> list[Visible]:
    """Return the open pairs that both sides have stopped since a cycle has seen to it."""
    agreed = users.diary.agreed
    return [
        pair
        for pair in open_pairs(users)
        if pair[2]["unsubscribed"] and pair[3]["donotbulkemail"]
        if (known := agreed.get((pair[0], "unsubscribed"))) and known.value is True
        if not _edited_since(users, pair, known.at)
    ]


def has_agreed_address(users: Users, pair: Visible) -> bool:
    """Tell whether a pair has one address, which was agreed on like its consent."""
    return bool(_key(pair[2])) and _is_agreed(users, pair)


def _edited_since(users: Users, pair: Visible, moment: int) -> bool:
    edits = (users.diary.edits.get((record, "unsubscribed")) for record in pair[0])
    return any(edit is not None and edit.at > moment for edit in edits)


def _is_agreed(users: Users, pair: Visible) -> bool:
    """Tell whether address and consent of a pair were agreed on, and nobody changed them since."""
    for name in ("email", "unsubscribed"):
        known = users.diary.agreed.get((pair[0], name))
        edits = [users.diary.edits.get((record, name)) for record in pair[0]]
        if known is None or any(edit is not None and edit.at > known.at for edit in edits):
            return False
    return True


def is_alone(users: Users, pair: Visible) -> bool:
    """Tell whether no other record has, or ever had, the address of the pair."""
    keys = {_key(pair[2]), _key_of_row(pair[3])} - {""}
    known = users.diary.shared_emails
    return len(keys) < 2 and all(known[key] <= {*pair[0]} for key in keys)


def has_kept_address(users: Users, pair: Visible) -> bool:
    """Tell whether the pair never had another address."""
    keys = {key for key, records in users.diary.shared_emails.items() if records & {*pair[0]}}
    return keys == {_key(pair[2])}


def _stops(pair: Visible) -> bool:
    return bool(pair[2]["unsubscribed"] or pair[3]["donotbulkemail"])


def _key(person: Json) -> str:
    return str(plain("email", person["email"]) or "").strip().casefold()


def _key_of_row(row: Json) -> str:
    return str(plain("email", row["emailaddress1"]) or "").strip().casefold()
