"""What alerts are about, and who was told: shapes and protocol of the incident book.

An incident opens with the first failure, lasts while it goes on, and is closed by a success. The
row stays; the next failure opens it again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol, TypedDict


class IncidentRow(TypedDict):
    """Something that goes wrong, run after run.

    :param scope: who noticed, such as a DAG.
    :param subject: what goes wrong in that scope, such as ``task:open_cycle``.
    :param count: how often it was seen since ``opened_at``.
    :param told: channels that believe it is open; also of a closed incident, until they are told.
    """

    scope: str
    subject: str
    opened_at: datetime
    last_seen: datetime
    closed_at: datetime | None
    count: int
    told: list[str]


class IncidentBook(Protocol):
    """The incidents of all workers.

    Each channel hears of an incident once and of its end once: whoever *claims* a message sends it.
    What could not be sent is given back with :meth:`mark_told`, so that the next one tries again.
    """

    def happened(self, scope: str, subject: str, at: datetime) -> IncidentRow:
        """Open the incident, or count it once more while it is open; returns it."""
        ...

    def close(self, scope: str, at: datetime, *, but: Collection[str] = ()) -> None:
        """Close the scope's open incidents, except the subjects in ``but``."""
        ...

    def claim_alert(self, scope: str, subject: str, channel: str, at: datetime) -> bool:
        """Tell whether ``channel`` has yet to hear of the incident; from now on it has.

        An incident that is not open is opened.
        """
        ...

    def claim_recoveries(self, scope: str, channel: str) -> list[IncidentRow]:
        """Return closed incidents whose end ``channel`` has yet to hear of; from now on it has."""
        ...

    def mark_told(self, row: tuple[str, str], channel: str, *, told: bool) -> None:
        """Note that ``channel`` believes the incident (scope, subject) to be open, or not."""
        ...

    def still_open(self, scope: str | None = None) -> list[IncidentRow]:
        """Return open incidents, the oldest first."""
        ...
