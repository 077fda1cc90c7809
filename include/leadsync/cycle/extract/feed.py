"""One Marketo activity feed of a cycle: read to its end, and settled bit by bit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from leadsync.cycle.context import Engine
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.model import Activity, FeedRead

#: pages waiting to be settled for which a cycle makes one more call.
BACKLOG_PER_CALL = 300
#: pages that are read before a cycle asks whether its time for reading is over.
SLICE = 25


class ReadFeed(Protocol):
    """Reads a feed from a token to its end, or through so many pages."""

    def __call__(self, token: str, *, pages: int | None = None) -> FeedRead: ...


@dataclass(slots=True)
class Feed:
    """A feed with its cursor, and the activities that no cycle has processed yet.

    :ivar complete: the feed was read to its end.
    """

    engine: Engine
    read: ReadFeed
    cursor: FeedCursor
    found: list[Activity] = field(default_factory=list)
    complete: bool = True

    @property
    def overlap(self) -> timedelta:
        """How late activities may appear."""
        return timedelta(seconds=self.engine.settings.overlap_seconds)

    def read_on(self, until: datetime | None = None) -> None:
        """Collect what is new at the feed's end.

        :param until: when to stop on the way there, after some pages at least; the next cycle goes
            on.
        """
        clock = self.engine.clock
        began = clock.now()
        read = self.read(self.cursor.start) if until is None else self._some(until)
        self.found = unseen(self.engine, read.activities)
        self.complete = read.complete
        self.cursor = self.cursor.advanced(read, len(self.found), began, clock.now(), self.overlap)

    def _some(self, until: datetime) -> FeedRead:
        """Read to the feed's end, or until the time is over."""
        read = FeedRead((), self.cursor.start, 0, complete=False)
        while True:
            part = self.read(read.next_token, pages=SLICE)
            read = FeedRead(
                read.activities + part.activities,
                part.next_token,
                read.pages + part.pages,
                part.complete,
            )
            is_stuck = part.pages < SLICE
            if part.complete or is_stuck or self.engine.clock.now() >= until:
                return read

    def look_ahead(self, read: ReadFeed, pages: int | None = None) -> None:
        """Collect what ``read`` finds beyond the end, up to which nothing else is read yet.

        :param read: reads a part of the feed that must not wait for the rest.
        :param pages: at most so many; the next cycle goes on behind them.
        """
        found = read(self.cursor.ahead or self.cursor.end, pages=pages)
        known = {activity.guid for activity in self.found}
        ahead = unseen(self.engine, found.activities)
        self.found.extend(activity for activity in ahead if activity.guid not in known)
        self.cursor = replace(self.cursor, ahead=found.next_token)

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
        waiting_pages = max(0.0, sum(stretch.pages for stretch in stretches))  # a last one has < 0
        feed.settle(1 + int(waiting_pages // BACKLOG_PER_CALL))


def unseen(engine: Engine, activities: Iterable[Activity]) -> list[Activity]:
    """Return the activities that no earlier cycle has processed, each once."""
    by_guid = {activity.guid: activity for activity in activities}
    seen = engine.store.known_activities(by_guid)
    return [activity for guid, activity in by_guid.items() if guid not in seen]
