"""The cursor of a Marketo activity feed: its end, and the stretches that must be read once more.

Activities can appear late, with a time behind the newest ones (S123), so every stretch of the feed
is read again once it is older than the overlap; what was processed already is known by its GUID.
Few activities ride along with the read at the feed's end, in the same page. More would cost calls
in every cycle, so they are settled later, a page at a time (docs/api-calls.md).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce

from leadsync.clock import parse_instant
from leadsync.model import FeedRead

ACTIVITIES_PER_PAGE = 300
#: pages that may ride along with the read at the feed's end, so that both fit one page.
LIGHT = 0.5
#: stretches that a cursor keeps apart; beyond that the oldest ones become one.
MOST_STRETCHES = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the feed that was read once and may still receive late activities.

    :param token: where it starts.
    :param since: when the feed ended where it starts.
    :param until: when the feed ended where it ends.
    :param pages: what reading it again costs, in full pages.
    """

    token: str
    since: datetime
    until: datetime
    pages: float

    def joined(self, other: Stretch) -> Stretch:
        """Return this stretch and a later one as one; what was settled between costs a page."""
        gap = 0.0 if self.until == other.since else 1.0
        return replace(self, until=other.until, pages=self.pages + gap + other.pages)


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """Where a feed ends, and its unsettled stretches, oldest first.

    :param reached: up to when everything is read: of a read to the feed's end its own time, else
        the time of the last activity.
    :param ahead: where the read of opt-outs goes on that runs ahead of a long backlog.
    """

    end: str
    reached: datetime
    stretches: tuple[Stretch, ...] = ()
    ahead: str | None = None

    @classmethod
    def parse(cls, text: str) -> FeedCursor:
        """Read a stored cursor."""
        stored = json.loads(text)
        stretches = tuple(
            Stretch(
                token=one["token"],
                since=parse_instant(one["since"]),
                until=parse_instant(one["until"]),
                pages=one["pages"],
            )
            for one in stored["stretches"]
        )
        return cls(stored["end"], parse_instant(stored["reached"]), stretches, stored.get("ahead"))

    def format(self) -> str:
        """Write the cursor for storing."""
        stretches = [
            {
                "token": one.token,
                "since": one.since.isoformat(),
                "until": one.until.isoformat(),
                "pages": one.pages,
            }
            for one in self.stretches
        ]
        document = {"end": self.end, "reached": self.reached.isoformat(), "stretches": stretches}
        if self.ahead is not None:
            document["ahead"] = self.ahead
        return json.dumps(document)

    @property
    def start(self) -> str:
        """Token to read from: as far back as the activities are known to fit the same page."""
        light = self._light()
        return light[0].token if light else self.end

    @property
    def unsettled_since(self) -> datetime:
        """Time from which activities may be read again, but for late ones."""
        return self.stretches[0].since if self.stretches else self.reached

    def advanced(
        self, read: FeedRead, new: int, began: datetime, ended: datetime, overlap: timedelta
    ) -> FeedCursor:
        """Return the cursor after a read from :attr:`start`, to the feed's end or some way.

        :param new: activities of ``read`` that were not known before.
        :param began: when the read began; what is older than the overlap by then is settled.
        :param ended: when the read ended. Where it did not come to the feed's end, it came to its
            last activity.
        """
        if not read.complete:
            ended = max([self.reached, *(activity.at for activity in read.activities)])
        light = self._light()
        heavy = self.stretches[: len(self.stretches) - len(light)]
        young = [stretch for stretch in light if stretch.until > began - overlap]
        empty_pages = read.pages - max(1, math.ceil(len(read.activities) / ACTIVITIES_PER_PAGE))
        pages = new / ACTIVITIES_PER_PAGE + max(0, empty_pages)
        if pages > LIGHT:
            young = _joined(young)
        added = Stretch(self.end, self.reached, ended, pages)
        fresh = [added] if ended > began - overlap else []
        kept = _thinned([*heavy, *young, *fresh], overlap)
        return FeedCursor(read.next_token, ended, kept, None if read.complete else self.ahead)

    def due(self, now: datetime, overlap: timedelta) -> tuple[Stretch, ...]:
        """Return the stretches that are complete by now and do not fit the page at the end."""
        heavy = self.stretches[: len(self.stretches) - len(self._light())]
        return tuple(stretch for stretch in heavy if stretch.until <= now - overlap)

    def settled(self, read: FeedRead) -> FeedCursor:
        """Return the cursor after ``read`` went on in its oldest stretch.

        A stretch is done when the read came to the feed's end, when all its pages were read and the
        read came to something younger, or one page later, because late activities fill pages too.
        """
        first, *rest = self.stretches
        left = first.pages - read.pages
        beyond = any(a.at >= first.until for a in read.activities)
        if read.complete or (left <= 0 and beyond) or left <= -1:
            return replace(self, stretches=tuple(rest))
        first = replace(first, token=read.next_token, pages=left)
        return replace(self, stretches=(first, *rest))

    def _light(self) -> tuple[Stretch, ...]:
        """Return the youngest stretches that together cost no call of their own."""
        pages = 0.0
        count = 0
        for stretch in reversed(self.stretches):
            pages += stretch.pages
            if pages > LIGHT:
                break
            count += 1
        return self.stretches[len(self.stretches) - count :]


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return neighbours as one: what follows parts them from the read at the feed's end."""
    return [reduce(Stretch.joined, stretches)] if stretches else []


def _thinned(stretches: Sequence[Stretch], overlap: timedelta) -> tuple[Stretch, ...]:
    """Join neighbours, so that frequent cycles and long backlogs keep the cursor short.

    Only the two youngest can have become neighbours within a tenth of the overlap.
    """
    kept = list(stretches)
    if len(kept) > 1:
        last, added = kept[-2:]
        if added.until - last.since <= overlap / 10 and last.pages + added.pages <= LIGHT:
            kept[-2:] = [last.joined(added)]
    while len(kept) > MOST_STRETCHES:
        kept[:2] = [kept[0].joined(kept[1])]
    return tuple(kept)
