"""The users and the team that own the rows in Dynamics."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from leadsync_sandbox.seed.people import ascii_part, new_id

Json = dict[str, Any]
_USERS = (
    ("Ann", "Sales"),
    ("Bo", "Lindqvist"),
    ("Chiara", "Conti"),
    ("Dmitri", "Petrov"),
    ("Éva", "Kovács"),
    ("Frédéric", "Roy"),
    ("Göran", "Ek"),
    ("Hana", "Sato"),
    ("Imran", "Malik"),
    ("Jana", "Nováková"),
    ("Kwame", "Mensah"),
    ("Lars", "Avgång"),
)


@dataclass(frozen=True, slots=True)
class Owners:
    """Bind links of the owners; the last user has left and is disabled."""

    users: list[Json]
    teams: list[Json]
    active: list[str]
    disabled: str
    team: str

    def draw(self, random_: random.Random) -> str:
        """Draw an owner: mostly a user, sometimes the team."""
        return self.team if random_.random() < 0.03 else random_.choice(self.active)


def draw_owners(random_: random.Random) -> Owners:
    """Make a dozen users, one of them disabled, and a team."""
    users = [_user(random_, first, last) for first, last in _USERS]
    users[-1]["isdisabled"] = True
    team = {"teamid": new_id(random_), "name": "Nordic Inside Sales", "teamtype": 0}
    links = [f"/systemusers({user['systemuserid']})" for user in users]
    return Owners(users, [team], links[:-1], links[-1], f"/teams({team['teamid']})")


def _user(random_: random.Random, first: str, last: str) -> Json:
    mail = f"{ascii_part(first)}.{ascii_part(last)}@contoso.example"
    return {
        "systemuserid": new_id(random_),
        "firstname": first,
        "lastname": last,
        "internalemailaddress": mail,
        "domainname": mail,
        "accessmode": 0,
        "islicensed": True,
    }
