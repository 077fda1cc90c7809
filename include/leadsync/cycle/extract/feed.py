"""One Marketo activity feed of a cycle: read to its end, and settled bit by bit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from leadsync.cycle.context import Engine
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.model import Activity, FeedRead

#: pages waiting to be settled for which a cycle makes one more call.
BACKLOG_PER_CALL = 300


class ReadFeed(Protocol):
    """Reads a feed from a token to its end, or through so many pages."""

    def __call__(self, token: str, *, pages: int | None = None) -> FeedRead: ...


@dataclass(slots=True)
class Feed:
    """A feed with its cursor, and the activities that no cycle has processed yet."""

    engine: Engine
    read: ReadFeed
    cursor: FeedCursor
    found: list[Activity] = field(default_factory=list)

    @property
    def overlap(self) -> timedelta:
        """How late activities may appear."""
        return timedelta(seconds=self.engine.settings.overlap_seconds)

    def read_to_end(self) -> None:
        """Collect what is new at the feed's end."""
        clock = self.engine.clock
        began = clock.now()
        read = self.read(self.cursor.start)
        self.found = unseen(self.engine, read.activities)
        self.cursor = self.cursor.advanced(read, len(self.found), began, clock.now(), self.overlap)

    def settle(self, pages: int) -> None:
        """Collect what appeared late in the oldest stretch, reading so many pages of it."""
        read = self.read(self.cursor.stretches[0].token, pages=pages)
        known = {activity.guid for activity in self.found}
        late = unseen(self.engine, read.activities)
        self.found.extend(activity for activity in late if activity.guid not in known)
        self.cursor = self.cursor.settled(read)


def settle_one(feeds: Sequence[Feed], now: datetime) -> None:
    """Settle the feed whose oldest stretch has waited longest.

    One call a cycle is enough, more are made only for a long backlog: an empty cycle stays cheap
    however much happened before it.
    """
    waiting = [(feed.cursor.due(now, feed.overlap), feed) for feed in feeds]
    due = [
        (stretches[0].until, position)
        for position, (stretches, _) in enumerate(waiting)
        if stretches
    ]
    if due:
        stretches, feed = waiting[min(due)[1]]
        feed.settle(1 + int(sum(stretch.pages for stretch in stretches) // BACKLOG_PER_CALL))


def unseen(engine: Engine, activities: Iterable[Activity]) -> list[Activity]:
    """Return the activities that no earlier cycle has processed, each once."""
    by_guid = {activity.guid: activity for activity in activities}
    seen = engine.store.known_activities(by_guid)
    return [activity for guid, activity in by_guid.items() if guid not in seen]
