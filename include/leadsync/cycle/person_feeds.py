"""The Marketo activity feeds of a cycle: what changed, who was deleted, who was merged.

Changes and deletions have feeds of their own; merges and unsubscribe clicks are in neither, so a
third one follows their activity types (reference/marketo-rest.md 8, gotcha 47).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.feed import Feed, ReadFeed, settle_one
from leadsync.cycle.feed_cursor import FeedCursor
from leadsync.mapping.plan import SyncPlan
from leadsync.marketo.activities import MERGE_LEADS, UNSUBSCRIBE_EMAIL
from leadsync.model import Activity, FeedRead
from leadsync.state.port import StateChanges

CHANGES_CURSOR = "marketo.lead_changes"
DELETES_CURSOR = "marketo.deleted_leads"
EVENTS_CURSOR = "marketo.events"
CURSORS = (CHANGES_CURSOR, DELETES_CURSOR, EVENTS_CURSOR)
#: activity types of the third feed.
EVENT_TYPES = (UNSUBSCRIBE_EMAIL, MERGE_LEADS)


@dataclass(slots=True)
class PersonFeeds:
    """What the feeds said that was not processed before."""

    changes: list[Activity] = field(default_factory=list)
    deletes: list[Activity] = field(default_factory=list)
    events: list[Activity] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    unsettled_since: datetime | None = None

    def all(self) -> list[Activity]:
        """Return the activities of all feeds."""
        return [*self.changes, *self.deletes, *self.events]

    def of_type(self, type_id: int) -> list[Activity]:
        """Return the events of one type, oldest first."""
        found = [activity for activity in self.events if activity.type_id == type_id]
        return sorted(found, key=lambda activity: activity.at)


def read_feeds(engine: Engine, cycle: Cycle, plan: SyncPlan) -> PersonFeeds:
    """Read the feeds from their cursors, or exactly the interval of a backfill."""
    stored = _cursors(engine, cycle)
    if not cycle.reads_feeds:
        return PersonFeeds()
    if cycle.kind == "backfill" and cycle.window_from is not None:
        return _read_interval(engine, plan, cycle.window_from, cycle.window_to)
    return _read_from_cursors(engine, plan, stored)


def _cursors(engine: Engine, cycle: Cycle) -> dict[str, str]:
    """Return the feeds' cursors, fixing where they begin before anybody is linked.

    The first run may be a backfill, or die after it has linked people: what happens to them from
    then on must not be missed.
    """
    stored = engine.store.cursors()
    missing = [name for name in CURSORS if name not in stored]
    if missing:
        since = cycle.opened_at - timedelta(seconds=engine.settings.overlap_seconds)
        first = FeedCursor(engine.marketo.paging_token(since), since).format()
        begun = dict.fromkeys(missing, first)
        stored.update(begun)
        lease = held_lease(engine, cycle)
        if lease is not None:
            engine.store.apply(StateChanges(cursors=begun), lease=lease)
    return stored


def _read_interval(engine: Engine, plan: SyncPlan, start: datetime, end: datetime) -> PersonFeeds:
    """Read exactly ``start <= activity < end`` and touch no cursor."""
    token = engine.marketo.paging_token(start)
    changes = engine.marketo.lead_changes(token, plan.feed_names, until=end)
    deletes = engine.marketo.deleted_leads(token, until=end)
    events = engine.marketo.activities(token, EVENT_TYPES, until=end)

    def inside(read: FeedRead) -> list[Activity]:
        return [activity for activity in read.activities if start <= activity.at < end]

    return PersonFeeds(inside(changes), inside(deletes), inside(events))


def _read_from_cursors(engine: Engine, plan: SyncPlan, stored: dict[str, str]) -> PersonFeeds:
    def feed(name: str, read: ReadFeed) -> Feed:
        made = Feed(engine, read, FeedCursor.parse(stored[name]))
        made.read_to_end()
        return made

    # The deletions before the merges: a merge is logged before the deletions that it explains.
    changes = feed(CHANGES_CURSOR, partial(engine.marketo.lead_changes, fields=plan.feed_names))
    deletes = feed(DELETES_CURSOR, engine.marketo.deleted_leads)
    events = feed(EVENTS_CURSOR, partial(engine.marketo.activities, type_ids=EVENT_TYPES))
    feeds = (changes, deletes, events)
    settle_one(feeds, engine.clock.now())
    return PersonFeeds(
        changes=changes.found,
        deletes=deletes.found,
        events=events.found,
        cursors={name: feed.cursor.format() for name, feed in zip(CURSORS, feeds, strict=True)},
        unsettled_since=min(feed.cursor.unsettled_since for feed in feeds),
    )
