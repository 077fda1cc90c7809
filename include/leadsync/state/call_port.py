"""Calls of Marketo's flow step and webhooks, as the state store keeps them until they are answered.

A call is accepted in one transaction with the requests that it makes, and its callback is owed from
then on: an outbox, that whoever runs next empties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypedDict

from leadsync.model import Json
from leadsync.state.rows import RequestRow

CallSource = Literal["flow_step", "webhook"]
#: ``real_time``: answered by a cycle of its own; ``queued``: by the next scheduled cycle.
CallMode = Literal["real_time", "queued"]
#: ``open``: a callback is owed; ``closed``: it arrived, or none is wanted.
CallStatus = Literal["open", "closed", "given_up"]


class CallRow(TypedDict):
    """One call.

    :param campaign: Marketo's id of the calling campaign.
    :param munchkin_id: the calling Marketo instance.
    :param callback: ``{url, key, token}``, both secrets, until the callback arrived; never logged.
    :param answer_by: when the callback goes out even if some persons still wait.
    :param attempts: how often the callback was sent.
    :param next_attempt_at: not to be sent before.
    :param unanswered: an attempt may have arrived although its reply did not.
    :param error: why the last attempt failed, without secrets.
    """

    call_id: str
    source: CallSource
    mode: CallMode
    munchkin_id: str | None
    campaign: int | None
    callback: Json | None
    status: CallStatus
    received_at: datetime
    answer_by: datetime
    attempts: int
    next_attempt_at: datetime
    unanswered: bool
    error: str | None
    updated_at: datetime


class CallItemRow(TypedDict):
    """One person of a call, in the call's order, and the request that stands for it."""

    call_id: str
    position: int
    marketo_id: int
    request_id: str


class CallResult(TypedDict):
    """What became of one person of a call; ``status`` is ``None`` for a request that was erased."""

    call_id: str
    position: int
    marketo_id: int
    action: str | None
    status: str | None
    outcome: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What there is to do.

    :param waiting: requests of real-time calls that no cycle has answered.
    :param newest: when the youngest of them came.
    :param callbacks: that could be sent now.
    """

    waiting: int = 0
    newest: datetime | None = None
    callbacks: int = 0


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Calls by what is left to do for them."""

    open: int = 0
    given_up: int = 0


class CallStore(Protocol):
    """Everything that is remembered of calls."""

    def accept(
        self, call: CallRow, items: Sequence[CallItemRow], requests: Sequence[RequestRow]
    ) -> bool:
        """Store a call with its persons and requests; ``False`` when it is known already."""
        ...

    def known(self, call_ids: Sequence[str]) -> set[str]:
        """Return which of the calls are known."""
        ...

    def waiting_requests(self, limit: int) -> list[RequestRow]:
        """Return requests of real-time calls that no cycle has answered, the oldest first."""
        ...

    def outlook(self, now: datetime) -> Outlook:
        """Return what there is to do."""
        ...

    def due(self, now: datetime, limit: int) -> list[CallRow]:
        """Return calls whose callback can be sent, the oldest first.

        All their persons are answered, or their ``answer_by`` has passed.
        """
        ...

    def claim(self, call: CallRow, until: datetime) -> bool:
        """Reserve the next attempt: nobody else sends the callback before ``until``.

        Counts as an attempt that may have arrived. ``False`` when somebody else was faster.
        """
        ...

    def record(self, call: CallRow) -> None:
        """Store what an attempt came to."""
        ...

    def results(self, call_ids: Sequence[str]) -> list[CallResult]:
        """Return what became of the calls' persons, in the order of calls and persons."""
        ...

    def counts(self) -> CallCounts:
        """Return how many calls are unfinished."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove calls that ended before; returns how many."""
        ...
