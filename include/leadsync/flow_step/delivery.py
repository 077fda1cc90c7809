"""Sends the callbacks that are owed: an outbox that every run empties a little further.

Marketo takes one callback for each call (reference/marketo-rest.md 18.4). An attempt is claimed
before it is made, so that no two runs make it; when its reply is lost it is made again, and a
refusal of the used token then tells that the first one arrived. Failures are tried again with
growing delays, by later runs, and given up after a day.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

from leadsync.clock import Clock
from leadsync.flow_step.callback import callback_body
from leadsync.flow_step.callback_url import CallbackPolicy
from leadsync.flow_step.sending import Reply, Sender
from leadsync.state.call_port import CallResult, CallRow, CallStatus
from leadsync.state.port import LIVE, LinkRow, StateStore

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=1)
#: how long a call is known after its end.
REMEMBERED = timedelta(days=30)
#: how long a claimed attempt keeps others away; longer than an attempt can take.
CLAIMED_FOR = timedelta(minutes=2)
#: calls whose persons are looked up together, and callbacks that are under way together.
GROUP = 200
AT_ONCE = 8
#: what a receiver says to a token that was used before.
_USED = (404, 405, 409, 410)
_WAIT_AND_TRY = (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Everything that delivering needs.

    :param munchkin_id: of the Marketo instance, for calls that do not name theirs.
    """

    store: StateStore
    clock: Clock
    send: Sender
    policy: CallbackPolicy
    munchkin_id: str | None = None

    def deliver(self) -> Counter[str]:
        """Send all callbacks that are due; returns how many were ``delivered``, ``failed`` (and
        are tried again) and ``given_up``.
        """
        done: Counter[str] = Counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while due := self.store.calls.due(self.clock.now(), GROUP):
                done.update(filter(None, pool.map(self._one, *zip(*self._told(due), strict=True))))
        return done

    def forget_old(self) -> None:
        """Remove calls that ended long ago; until then a repetition is known."""
        self.store.calls.forget(self.clock.now() - REMEMBERED)

    def _told(self, due: list[CallRow]) -> Iterator[tuple[CallRow, list[CallResult], Links]]:
        """Yield each call with what became of its persons, and their live links."""
        results = self.store.calls.results([call["call_id"] for call in due])
        links = self._links({result["marketo_id"] for result in results})
        by_call = {
            call_id: list(group) for call_id, group in groupby(results, lambda r: r["call_id"])
        }
        for call in due:
            yield call, by_call.get(call["call_id"], []), links

    def _links(self, persons: Iterable[int]) -> Links:
        found = self.store.links_of_persons(sorted(persons))
        return {link["marketo_id"]: link for link in found if link["status"] in LIVE}

    def _one(self, call: CallRow, results: list[CallResult], links: Links) -> str | None:
        """Make the next attempt of a call; ``None`` when another run makes it."""
        now = self.clock.now()
        if not self.store.calls.claim(call, now + CLAIMED_FOR):
            return None
        tried = cast("CallRow", {**call, "attempts": call["attempts"] + 1})
        ended = after(tried, self._attempt(tried, results, links), self.clock.now())
        self.store.calls.record(ended)
        _tell(ended)
        return {"closed": "delivered", "open": "failed"}.get(ended["status"], "given_up")

    def _attempt(self, call: CallRow, results: list[CallResult], links: Links) -> Reply:
        back = call["callback"] or {}
        refused = self.policy.refusal(back["url"])
        if refused is not None:
            return Reply(403, f"its URL {refused}", sent=False)
        headers = {
            name: value
            for name, value in (("x-api-key", back["key"]), ("x-callback-token", back["token"]))
            if value
        }
        body = callback_body(call, results, links, self.munchkin_id, self.clock.now())
        return self.send(back["url"], headers, body)


Links = dict[int, LinkRow]


def after(call: CallRow, reply: Reply, now: datetime) -> CallRow:
    """Return the call after an attempt.

    :param call: with the attempt counted, and ``unanswered`` as it was before the attempt.
    """
    status = _status(call, reply, now)
    waits = max(delay(call["attempts"]), timedelta(seconds=reply.retry_after or 0.0))
    return cast(
        "CallRow",
        {
            **call,
            "status": status,
            "callback": call["callback"] if status == "open" else None,
            "error": None if status == "closed" else str(reply),
            "unanswered": call["unanswered"] or _may_have_arrived(reply),
            "next_attempt_at": now + min(waits, LONGEST_DELAY),
            "updated_at": now,
        },
    )


def delay(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: twice as long each time."""
    doubled: timedelta = FIRST_DELAY * 2 ** min(attempts - 1, 20)
    return min(LONGEST_DELAY, doubled)


def _status(call: CallRow, reply: Reply, now: datetime) -> CallStatus:
    code = reply.status
    if code is not None and 200 <= code < 300:
        return "closed"
    if code in _USED and call["unanswered"]:
        return "closed"
    final = code is not None and code < 500 and code not in _WAIT_AND_TRY
    return "given_up" if final or now - call["received_at"] > GIVE_UP_AFTER else "open"


def _may_have_arrived(reply: Reply) -> bool:
    """Tell whether the receiver may have taken the callback although it did not say so."""
    return reply.sent and (reply.status is None or reply.status >= 500)


def _tell(call: CallRow) -> None:
    facts = (call["call_id"], call["attempts"], call["error"])
    if call["status"] == "given_up":
        log.error("Callback of call %s given up after %d attempts: %s.", *facts)
    elif call["status"] == "open":
        log.warning("Callback of call %s failed (attempt %d: %s); tried again.", *facts)
