"""Sends what persons' activity logs are to say, after the commit, and never at its expense.

Marketo cannot tell an activity from its repetition, and none can be removed. So entries are marked
before a call goes out; when its answer is lost, or the process ends, the log is read back before
anything is sent again (reference/marketo-rest.md 9). Entries form a queue: nothing overtakes an
entry that waits or is in doubt, so a recovery never comes before its failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadsync.cycle.activity_log import queue
from leadsync.cycle.activity_log.types import (
    ActivityTypesMissingError,
    forget_types,
    own_types,
)
from leadsync.cycle.context import Engine
from leadsync.errors import ApiError, LeaseHeldError, LeaseLostError
from leadsync.model import (
    MARKETO_SYNC_FAILED,
    MARKETO_SYNC_RECOVERED,
    ActivityResult,
    NewActivity,
)
from leadsync.state.port import ActivityRow, Lease, StateChanges
from leadsync.state.turn import SENDER_LEASE

#: calls with at most 300 entries that one cycle makes; the next one goes on.
MOST_CALLS = 4
#: beyond this share of the day's calls, what is left belongs to records.
QUOTA_SHARE = 0.9
#: how far Marketo's clock may be behind ours.
CLOCK_SKEW = timedelta(seconds=300)

_TYPES = {"failed": MARKETO_SYNC_FAILED, "recovered": MARKETO_SYNC_RECOVERED}


@dataclass(slots=True)
class Sent:
    """What became of the entries that waited.

    :param sent: added to the log now; ``found``: added by an earlier call without an answer.
    :param refused: given up, because no later try can help.
    :param waiting: still to be sent, with ``reason`` if something is in the way.
    """

    sent: int = 0
    found: int = 0
    refused: int = 0
    waiting: int = 0
    reason: str = ""


def send_entries(engine: Engine) -> Sent | None:
    """Send what waits, as far as that is possible now; returns ``None`` when nothing does.

    No failure of Marketo is raised: what could not be sent is sent by a later cycle.
    """
    head = engine.store.activities(unsent=True, limit=1)
    if not head:
        return None
    told = Sent()
    if head[0]["due_at"] <= engine.clock.now():
        _send_in_turn(engine, told)
    told.waiting = engine.store.counts()["activities_waiting"]
    errors = (row["error"] for row in engine.store.activities(unsent=True, limit=1))
    told.reason = next((error for error in errors if error), told.reason)
    return told


def _send_in_turn(engine: Engine, told: Sent) -> None:
    now, seconds = engine.clock.now(), engine.settings.lease_seconds
    owner = engine.new_id()
    try:
        lease = engine.store.acquire_lease(SENDER_LEASE, owner, now, seconds, holder=engine.holder)
        _Sender(engine, lease, told).run()
        engine.store.release_lease(lease)
    except (LeaseHeldError, LeaseLostError):
        told.reason = "another cycle is sending them"


@dataclass(slots=True)
class _Sender:
    """Works off the queue while it holds its lease."""

    engine: Engine
    lease: Lease
    told: Sent

    def run(self) -> None:
        """Take up the head of the queue as often as a cycle may."""
        for _ in range(MOST_CALLS):
            size = self.engine.marketo.batch_size
            rows = self.engine.store.activities(unsent=True, limit=size)
            if not rows or not self._take_up(rows):
                return

    def _take_up(self, rows: Sequence[ActivityRow]) -> bool:
        """Make a call about the head of the queue; tell whether to go on."""
        now = self.engine.clock.now()
        doubtful = [row for row in rows if row["status"] == "sending"]
        if max(row["due_at"] for row in doubtful or rows[:1]) > now:
            return False
        if self.engine.ledger.used_today("marketo") >= QUOTA_SHARE:
            self.told.reason = "the day's calls are nearly used up, and records go first"
            return False
        try:
            types = own_types(self.engine)
            return self._look_for(doubtful, types) if doubtful else self._send(rows, types)
        except (ApiError, ActivityTypesMissingError) as error:
            self._postpone(doubtful or rows[:1], str(error))
            return False

    def _send(self, rows: Sequence[ActivityRow], types: dict[str, int]) -> bool:
        now = self.engine.clock.now()
        old = [row for row in rows if queue.outdated(row, now)]
        if old:
            self._give_up(old)
            return True
        marked = [queue.sending(row, now) for row in rows]
        self._store(marked)
        try:
            answers = self.engine.marketo.add_activities(
                [_activity(row, types, now) for row in marked]
            )
        except ApiError as error:
            if queue.may_be_there(error):
                return False
            self._postpone([queue.unsent(row) for row in marked], str(error))
            return False
        self._record(marked, answers)
        return True

    def _record(self, rows: Sequence[ActivityRow], answers: Sequence[ActivityResult]) -> None:
        """Store what Marketo said to each entry of a call."""
        now = self.engine.clock.now()
        after = [
            queue.answered(row, answer.errors, now)
            for row, answer in zip(rows, answers, strict=True)
        ]
        self._store(after)
        states = Counter(row["status"] for row in after)
        self.told.sent += states["sent"]
        self.told.refused += states["refused"]
        if states["waiting"]:
            forget_types(self.engine)

    def _look_for(self, rows: Sequence[ActivityRow], types: dict[str, int]) -> bool:
        """Find out which entries of a call without an answer are in the log."""
        marketo = self.engine.marketo
        since = min(row["tried_at"] or row["created_at"] for row in rows) - CLOCK_SKEW
        read = marketo.activities(marketo.paging_token(since), sorted(types.values()))
        if not read.complete:
            self._postpone(rows, "Marketo does not show the end of its activity log")
            return False
        there = {str(one.attributes.get("primaryAttributeValue")) for one in read.activities}
        self._store([queue.sent(row) if row["key"] in there else queue.unsent(row) for row in rows])
        self.told.found += sum(row["key"] in there for row in rows)
        return True

    def _postpone(self, rows: Sequence[ActivityRow], reason: str) -> None:
        now = self.engine.clock.now()
        self._store([queue.postponed(row, reason, now) for row in rows])

    def _give_up(self, rows: Sequence[ActivityRow]) -> None:
        reason = f"not sent within {queue.KEPT_FOR.days} days"
        self._store([queue.given_up(row, f"{reason}: {row['error'] or 'no try'}") for row in rows])
        self.told.refused += len(rows)

    def _store(self, rows: Sequence[ActivityRow]) -> None:
        now, seconds = self.engine.clock.now(), self.engine.settings.lease_seconds
        lease = self.engine.store.renew_lease(self.lease, now, seconds)
        self.engine.store.apply(StateChanges(activities=list(rows)), lease=lease)


def _activity(row: ActivityRow, types: dict[str, int], now: datetime) -> NewActivity:
    type_id = types[_TYPES[row["kind"]]]
    return NewActivity(row["marketo_id"], type_id, now, row["key"], row["attributes"])
