"""Dynamics users that records are assigned to, by id, user name or e-mail address (S018, S019).

A user's state decides and may change any time, so users are read once in each cycle that assigns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leadsync.cycle.context import Engine
from leadsync.mapping.plan import SyncPlan
from leadsync.model import Json
from leadsync.values.keys import canonical_guid
from leadsync.values.marks import is_marked

USER = "systemuser"
_COLUMNS = ("systemuserid", "domainname", "internalemailaddress", "isdisabled")
_NAMES = ("domainname", "internalemailaddress")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom a record goes to.

    :param user_id: ``None`` leaves the owner to Dynamics: the user that leadsync signs in as.
    :param warning: why it is not the user who was asked for.
    :param refused: nothing may be made or assigned for this user.
    """

    user_id: str | None
    warning: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Owners:
    """The users that a cycle's requests name, and the mapping's default owner.

    :param refuses: nobody else stands in for a disabled user (S019).
    """

    users: dict[str, Json]
    default: str | None
    refuses: bool = False

    def find(self, name: str) -> Owner | None:
        """Return the owner for ``name``; ``None`` when there is no such user."""
        user = self.users.get(_key(name))
        if user is None:
            return None
        if not user["isdisabled"]:
            return Owner(str(user["systemuserid"]).lower())
        if self.refuses:
            why = f"user {name} is disabled, and on_disabled_owner is refuse"
            return Owner(None, f"{why}; assign another user", refused=True)
        fallback = self.users.get(_key(self.default)) if self.default else None
        if fallback is None or fallback["isdisabled"]:
            return Owner(None, f"user {name} is disabled; the record keeps the connection's owner")
        return Owner(
            str(fallback["systemuserid"]).lower(),
            f"user {name} is disabled; the default owner {self.default} was used",
        )


def read_owners(engine: Engine, plan: SyncPlan, names: Iterable[str]) -> Owners:
    """Read the named users and the default owner; no name, no call."""
    asked = set(names)
    default = plan.policies.default_owner
    refuses = plan.policies.on_disabled_owner == "refuse"
    if not asked:
        return Owners({}, default, refuses)
    wanted = sorted(asked | ({default} if default else set()))
    guids = {guid for name in wanted if (guid := canonical_guid(name)) and not is_marked(guid)}
    found = engine.dynamics.rows_by_id(USER, sorted(guids), _COLUMNS) if guids else []
    others = [name for name in wanted if _key(name) not in guids]
    for column in _NAMES if others else ():
        found += engine.dynamics.rows_by(USER, column, others, _COLUMNS)
    users: dict[str, Json] = {}
    for user in found:
        for column in ("systemuserid", *_NAMES):
            users.setdefault(_key(str(user.get(column) or "")), user)
    return Owners(users, default, refuses)


def _key(name: str) -> str:
    return name.strip().strip("{}").casefold()
