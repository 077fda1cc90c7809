"""Activity feeds, read from date tokens (reference/marketo-rest.md 3.4, 8)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leadsync.clock import format_instant
from leadsync.errors import RejectedError, TransientApiError
from leadsync.marketo.activities import DELETE_LEAD, activity_of
from leadsync.marketo.envelope import Answer
from leadsync.marketo.session import Call, MarketoSession
from leadsync.marketo.timeouts import PAGING_TOKEN
from leadsync.model import Activity, FeedRead, Json

logger = logging.getLogger(__name__)

SINCE_PATH = "/rest/v1/activities/pagingtoken.json"
CHANGES_PATH = "/rest/v1/activities/leadchanges.json"
DELETED_PATH = "/rest/v1/activities/deletedleads.json"
ACTIVITIES_PATH = "/rest/v1/activities.json"

MOST_TYPES = 10
#: empty pages in a row before a read stops and leaves the rest to the next one.
MOST_EMPTY_PAGES = 100
#: the same when the token does not even move.
MOST_STUCK_PAGES = 10


def paging_token(session: MarketoSession, since: datetime) -> str:
    """Return the token from which the feeds hold everything from ``since`` on.

    Marketo returns what lies *after* a whole second, so the second before ``since`` is named; what
    is read twice by that is known by its GUID (reference/marketo-rest.md 8.2).
    """
    params = {"sinceDatetime": format_instant(since - timedelta(seconds=1))}
    answer = session.answer(Call("GET", SINCE_PATH, PAGING_TOKEN, params=params))
    if answer.next_token is None:
        raise TransientApiError("no paging token in the answer", system="marketo", call=SINCE_PATH)
    return answer.next_token


@dataclass(frozen=True, slots=True)
class Stop:
    """When to stop before a feed's end.

    :param until: at the first page whose activities all lie at or after it.
    :param pages: after so many calls.
    """

    until: datetime | None = None
    pages: int | None = None


TO_THE_END = Stop()


def lead_changes(
    session: MarketoSession, token: str, fields: Sequence[str], stop: Stop = TO_THE_END
) -> FeedRead:
    """Read Change Data Value and New Lead activities.

    :raises ValueError: no field is named; Marketo needs one.
    :raises SchemaChangedError: a field does not exist any more.
    """
    if not fields:
        raise ValueError("leadchanges needs at least one field")
    return _read(session, CHANGES_PATH, token, {"fields": ",".join(fields)}, stop)


def deleted_leads(session: MarketoSession, token: str, stop: Stop = TO_THE_END) -> FeedRead:
    """Read Delete Lead activities; those of 14 days ago may be gone."""
    return _read(session, DELETED_PATH, token, {}, stop)


def activities(
    session: MarketoSession, token: str, type_ids: Sequence[int], stop: Stop = TO_THE_END
) -> FeedRead:
    """Read activities of up to 10 types; deletions have a feed of their own.

    :raises ValueError: no type, more than 10, or Delete Lead.
    """
    if not 0 < len(type_ids) <= MOST_TYPES or DELETE_LEAD in type_ids:
        raise ValueError(f"activity types {list(type_ids)}: 1 to {MOST_TYPES}, without 37")
    wanted = ",".join(str(type_id) for type_id in type_ids)
    return _read(session, ACTIVITIES_PATH, token, {"activityTypeIds": wanted}, stop)


@dataclass(slots=True)
class _Progress:
    """What one read has collected; an activity counts once, by its GUID."""

    path: str
    token: str
    stop: Stop
    found: dict[str, Activity] = field(default_factory=dict)
    pages: int = 0
    empty: int = 0
    stuck: int = 0
    past: bool = False

    def take(self, answer: Answer) -> None:
        page = [_readable(item, self.path) for item in answer.result]
        for activity in page:
            self.found.setdefault(activity.guid, activity)
        self.pages += 1
        until = self.stop.until
        self.past = until is not None and bool(page) and all(one.at >= until for one in page)
        moved = answer.next_token not in (None, self.token)
        self.empty = 0 if answer.result else self.empty + 1
        self.stuck = 0 if moved else self.stuck + 1
        self.token = answer.next_token or self.token

    @property
    def spent(self) -> bool:
        return self.pages == self.stop.pages

    @property
    def hopeless(self) -> bool:
        return self.empty >= MOST_EMPTY_PAGES or self.stuck >= MOST_STUCK_PAGES


def _readable(item: Json, path: str) -> Activity:
    try:
        return activity_of(item)
    except (KeyError, TypeError, ValueError) as error:
        raise RejectedError(
            f"an activity has no usable person, type or date ({type(error).__name__})",
            system="marketo",
            call=f"GET {path}",
            record=str(item.get("marketoGUID") or item.get("id") or "without a key"),
            remedy="Look the activity up in the person's log; report it to Marketo's support.",
        ) from error


def _read(
    session: MarketoSession,
    path: str,
    token: str,
    params: Mapping[str, str],
    stop: Stop = TO_THE_END,
) -> FeedRead:
    """Follow the feed while it says that there is more; empty pages on the way are normal.

    A feed that only hands out empty pages is left at its last token, a valid point to go on from.
    """
    progress = _Progress(path, token, stop)
    while True:
        query = {**params, "batchSize": "300", "nextPageToken": progress.token}
        answer = session.query(path, query)
        progress.take(answer)
        complete = not answer.more or progress.past
        if complete or progress.spent:
            break
        if progress.hopeless:
            logger.warning("marketo: %s gives only empty pages; going on next time", path)
            break
    return FeedRead(tuple(progress.found.values()), progress.token, progress.pages, complete)
