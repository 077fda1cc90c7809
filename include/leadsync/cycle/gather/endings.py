"""Records that a merge or a deletion on the other side leaves over, and what is done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadsync.cycle.carried import person_key, row_key
from leadsync.cycle.match.row_creations import Beside
from leadsync.frames import ENDINGS, EndingKind
from leadsync.model import TOWARDS, Direction, System
from leadsync.state.port import LinkRow

#: operations that end a pair or close a record, and bring no values.
ENDING_OPERATIONS = (*ENDINGS, "flag_deleted")


@dataclass(frozen=True, slots=True)
class Ending:
    """A write to a record whose link has ended.

    :param side: the system in which the record is.
    :param link: the closed link.
    :param person: whose change asks for it, on the way to Dynamics.
    :param etag: the row's version that was decided upon.
    :param into: id of the record that stays.
    :param totals: fields of the person that stays which add up (S097).
    """

    kind: EndingKind
    side: System
    link: LinkRow
    person: int
    etag: str | None = None
    into: str | None = None
    totals: Mapping[str, int | float] | None = None

    @property
    def direction(self) -> Direction:
        return TOWARDS[self.side]

    @property
    def key(self) -> str:
        """Record key of the change that asks for it."""
        if self.side == "dynamics":
            return person_key(self.person)
        return row_key(self.link["dynamics_table"], self.link["dynamics_id"])

    def record(self) -> dict[str, Any]:
        """Return the ``WRITES`` record."""
        return {
            "record_key": self.key,
            "operation": self.kind,
            "table": self.link["dynamics_table"],
            "marketo_id": self.person,
            "dynamics_id": self.link["dynamics_id"],
            "link_id": self.link["link_id"],
            "etag": self.etag,
            "created_on": None,
            "link_status": "merged",
            "into": self.into,
            "beside": Beside(totals=self.totals).text() if self.totals else None,
        }
