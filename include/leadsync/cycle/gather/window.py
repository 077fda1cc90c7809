"""The extracted records of a cycle, and the links that they have or had."""

from __future__ import annotations

from dataclasses import dataclass, field

from leadsync.cycle.context import Engine
from leadsync.cycle.reading import as_table
from leadsync.model import Json
from leadsync.state.port import LIVE, LinkRow, Values


@dataclass(slots=True)
class Window:
    """The extracted records with their values, as the frames hold them."""

    persons: list[tuple[Json, Values]]
    rows: list[tuple[Json, Values]]


@dataclass(slots=True)
class Links:
    """Live links by either side, and the last link that ended of each person and row.

    :ivar unconfirmed: links that are not stored, because the answer to the making of their persons
        was lost: by id, what was sent.
    :ivar inherited: links that went to the survivors of their persons in this window.
    """

    by_person: dict[int, LinkRow]
    by_row: dict[str, LinkRow]
    closed_by_person: dict[int, LinkRow]
    closed_by_row: dict[str, LinkRow]
    unconfirmed: dict[str, Values] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)

    def keep(self, link: LinkRow) -> None:
        """Know a live link, or know it as it is now."""
        self.by_person[link["marketo_id"]] = link
        self.by_row[link["dynamics_id"]] = link

    def close(self, link: LinkRow) -> None:
        """Forget a live link."""
        self.by_person.pop(link["marketo_id"], None)
        self.by_row.pop(link["dynamics_id"], None)

    def end(self, link: LinkRow, closed: LinkRow) -> LinkRow:
        """Forget a live link, and know it as it ended."""
        self.close(link)
        self.closed_by_person[closed["marketo_id"]] = closed
        self.closed_by_row[closed["dynamics_id"]] = closed
        return closed


def find_links(engine: Engine, window: Window) -> Links:
    """Read every link that the window's records have or had."""
    found = engine.store.links_of_persons([person["marketo_id"] for person, _ in window.persons])
    origins = [row["originating_lead_id"] for row, _ in window.rows if row["originating_lead_id"]]
    for table, more in (("lead", origins), ("contact", [])):
        ids = [row["dynamics_id"] for row, _ in window.rows if row["table"] == table] + more
        found = [*found, *engine.store.links_of_rows(as_table(table), ids)]
    live = [link for link in found if link["status"] in LIVE]
    closed = [link for link in found if link["status"] not in LIVE]
    closed.sort(key=lambda link: link["updated_at"])
    return Links(
        by_person={link["marketo_id"]: link for link in live},
        by_row={link["dynamics_id"]: link for link in live},
        closed_by_person={link["marketo_id"]: link for link in closed},
        closed_by_row={link["dynamics_id"]: link for link in closed},
    )
