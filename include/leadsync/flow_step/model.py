"""A call of Marketo's flow step or webhook, once it has been read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from leadsync.errors import LeadsyncError
from leadsync.model import Table
from leadsync.state.call_port import CallMode, CallSource

#: most persons of one call; Marketo does not say how many it sends (marketo-rest.md 18.3).
MOST_PERSONS = 10_000

Action = Literal["sync_person", "change_owner"]


class MalformedCallError(LeadsyncError):
    """A call that cannot be understood; the message names the field and goes back to the caller."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for one person.

    :param assign_to: a Dynamics user, by id, user name or e-mail address.
    :param refusal: why it cannot be done as it was asked; the person is answered with it.
    """

    marketo_id: int
    action: Action = "sync_person"
    sync_as: Table = "lead"
    assign_to: str | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """Where the answer goes, once; key and token are secrets."""

    url: str
    key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    :param identity: what tells a repetition of this call from another one: the one-time token,
        or the whole content when there is none.
    :param lasting: whether the identity is never used again for another call.
    """

    source: CallSource
    wishes: tuple[Wish, ...]
    identity: str = field(repr=False)
    lasting: bool = False
    mode: CallMode = "real_time"
    campaign: int | None = None
    munchkin_id: str | None = None
    callback: Callback | None = None
