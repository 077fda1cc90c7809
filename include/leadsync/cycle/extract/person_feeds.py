"""The Marketo activity feeds of a cycle: what changed, who was deleted, who was merged.

Changes and deletions have feeds of their own; merges, unsubscribe clicks and scores are in neither,
so a third one follows their activity types (reference/marketo-rest.md 8, gotcha 47).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from leadsync.cycle.consent.restrictive import restrictive_fields
from leadsync.cycle.context import Cycle, Engine, held_lease
from leadsync.cycle.extract.feed import Feed, ReadFeed, settle_one
from leadsync.cycle.extract.feed_cursor import FeedCursor
from leadsync.cycle.extract.score_changes import score_changes, score_types
from leadsync.errors import RejectedError
from leadsync.mapping.plan import SyncPlan
from leadsync.marketo.activities import MERGE_LEADS, UNSUBSCRIBE_EMAIL
from leadsync.model import Activity, FeedRead
from leadsync.state.port import StateChanges

logger = logging.getLogger(__name__)

CHANGES_CURSOR = "marketo.lead_changes"
DELETES_CURSOR = "marketo.deleted_leads"
EVENTS_CURSOR = "marketo.events"
#: how old the cursor of merges may be: they are kept for 25 months (reference/marketo-rest.md 8.6).
MERGES_DAYS = 700.0
CURSORS = (CHANGES_CURSOR, DELETES_CURSOR, EVENTS_CURSOR)
#: pages in which a cycle looks for opt-outs among new persons, who come with them.
AHEAD = 50
#: share of a cycle's time after which it leaves the rest of a backlog to the next one.
READING_SHARE = 0.5
#: activity types of the third feed.
EVENT_TYPES = (UNSUBSCRIBE_EMAIL, MERGE_LEADS)


@dataclass(slots=True)
class PersonFeeds:
    """What the feeds said that was not processed before.

    :param changes: changed values, those of scores among them.
    :param unread_since: up to when feeds are read whose rest waits for the next cycle, by cursor.
    :param given_up: names of cursors that had to start anew: what they missed is unknown.
    """

    changes: list[Activity] = field(default_factory=list)
    deletes: list[Activity] = field(default_factory=list)
    events: list[Activity] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    unsettled_since: datetime | None = None
    unread_since: dict[str, str] = field(default_factory=dict)
    given_up: tuple[str, ...] = ()

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
    return _read_from_cursors(engine, cycle, plan, stored)


def _cursors(engine: Engine, cycle: Cycle) -> dict[str, str]:
    """Return the feeds' cursors, fixing where they begin before anybody is linked.

    The first run may be a backfill, or die after it has linked people: what happens to them from
    then on must not be missed.
    """
    stored = engine.store.cursors()
    missing = [name for name in CURSORS if name not in stored]
    if missing:
        first = first_cursor(engine, cycle.opened_at).format()
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
    types = (*EVENT_TYPES, *score_types(plan))
    events = engine.marketo.activities(token, types, until=end)

    def inside(read: FeedRead) -> list[Activity]:
        return [activity for activity in read.activities if start <= activity.at < end]

    scores = score_changes(plan, inside(events))
    return PersonFeeds([*inside(changes), *scores], inside(deletes), _events(inside(events)))


def _read_from_cursors(
    engine: Engine, cycle: Cycle, plan: SyncPlan, stored: dict[str, str]
) -> PersonFeeds:
    given_up: list[str] = []

    def feed(name: str, read: ReadFeed, until: datetime | None = None) -> Feed:
        made = Feed(engine, read, FeedCursor.parse(stored[name]))
        if not _read_remembered(made, _remembered_for(engine, name), until):
            given_up.append(name)
            made.cursor = first_cursor(engine, engine.clock.now())
            made.read_on()
        return made

    # The deletions before the merges: a merge is logged before the deletions that it explains.
    read = partial(engine.marketo.lead_changes, fields=plan.feed_names)
    until = _time_to_stop(engine, cycle)
    changes = feed(CHANGES_CURSOR, read, until)
    if not changes.complete:
        changes.look_ahead(partial(_stops, engine, plan), pages=AHEAD)
    deletes = feed(DELETES_CURSOR, engine.marketo.deleted_leads)
    types = (*EVENT_TYPES, *score_types(plan))
    events = feed(EVENTS_CURSOR, partial(engine.marketo.activities, type_ids=types), until)
    if not events.complete:  # scores can wait; a merge must not come after its deletions
        events.look_ahead(partial(engine.marketo.activities, type_ids=EVENT_TYPES))
    feeds = (changes, deletes, events)
    settle_one(feeds, engine.clock.now())
    return PersonFeeds(
        changes=[*changes.found, *score_changes(plan, events.found)],
        deletes=deletes.found,
        events=_events(events.found),
        cursors={name: feed.cursor.format() for name, feed in zip(CURSORS, feeds, strict=True)},
        unsettled_since=min(feed.cursor.unsettled_since for feed in feeds),
        unread_since={
            name: feed.cursor.reached.isoformat()
            for name, feed in zip(CURSORS, feeds, strict=True)
            if not feed.complete
        },
        given_up=tuple(given_up),
    )


def _events(activities: Iterable[Activity]) -> list[Activity]:
    return [activity for activity in activities if activity.type_id in EVENT_TYPES]


def _time_to_stop(engine: Engine, cycle: Cycle) -> datetime:
    """Return when to leave the rest of a backlog to the next cycle and begin to write."""
    seconds = engine.settings.cycle_seconds * READING_SHARE
    return cycle.opened_at + timedelta(seconds=seconds)


def _stops(engine: Engine, plan: SyncPlan, token: str, *, pages: int | None = None) -> FeedRead:
    """Read the changes of opt-outs alone; new persons, which this feed always has, can wait."""
    fields = [name for name in plan.feed_names if name in restrictive_fields(plan)]
    if not fields:
        return FeedRead((), token)
    read = engine.marketo.lead_changes(token, fields, pages=pages)
    stops = tuple(activity for activity in read.activities if activity.changes)
    return replace(read, activities=stops)


def first_cursor(engine: Engine, now: datetime) -> FeedCursor:
    """Return the cursor of a feed that begins now, but for activities that appear late."""
    since = now - timedelta(seconds=engine.settings.overlap_seconds)
    return FeedCursor(engine.marketo.paging_token(since), since)


def _remembered_for(engine: Engine, name: str) -> timedelta:
    """Return how old a cursor may be before its feed may have forgotten something."""
    days = {
        CHANGES_CURSOR: engine.settings.lead_changes_days,
        DELETES_CURSOR: engine.settings.deleted_leads_days,
    }
    return timedelta(days=days.get(name, MERGES_DAYS))


def _read_remembered(feed: Feed, limit: timedelta, until: datetime | None) -> bool:
    """Read a feed from its cursor; tell whether it still remembered everything from there."""
    if feed.engine.clock.now() - feed.cursor.reached > limit:
        return False
    try:
        feed.read_on(until)
    except RejectedError as error:
        logger.warning("marketo: a stored paging token was refused (%s)", error.code)
        return False
    return True
