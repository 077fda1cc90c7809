"""Whose records the state store remembers: shape and protocol."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypedDict

from leadsync.model import System


class BindingRow(TypedDict):
    """The instance or organisation whose ids the store holds.

    :param identity: Marketo's Munchkin id, or the id of the Dynamics organisation.
    :param address: where it was last found.
    :param checked_at: when it last said who it is.
    """

    system: System
    identity: str
    address: str
    checked_at: datetime


class BindingBook(Protocol):
    """The systems that a state store belongs to."""

    def all(self) -> dict[System, BindingRow]:
        """Return the bindings by system; a store that nobody has used yet has none."""
        ...

    def bind(self, row: BindingRow) -> None:
        """Belong to this system from now on."""
        ...
