"""Takes a call over: stored in one transaction with its requests, so that nothing is lost.

Everything else is done by whoever runs next (semantics.md 4).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadsync.flow_step.model import Call, Wish
from leadsync.model import Json
from leadsync.state.call_port import CallItemRow, CallMode, CallRow, CallStore
from leadsync.state.port import RequestRow

_NAMESPACE = uuid.UUID("0d1c2b0e-7f0c-4f7e-8d53-5a6f3c1de2a4")
#: a call without a token is taken for the same as an equal one that came so shortly before.
REPETITION = timedelta(minutes=1)
#: when persons that still wait are answered as late, so that the others of their call go on.
ANSWER_WITHIN: dict[CallMode, timedelta] = {
    "real_time": timedelta(hours=1),
    "queued": timedelta(hours=12),
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A call that is stored.

    :param repeated: it had been accepted before, and nothing was done.
    """

    call_id: str
    repeated: bool


def accept(calls: CallStore, call: Call, now: datetime) -> Accepted:
    """Store the call, its persons and their requests, unless it is known already."""
    call_id, earlier = _call_ids(call, now)
    if earlier is not None and earlier in calls.known([earlier]):
        return Accepted(earlier, repeated=True)
    requests = {_request_id(call_id, one): _request(call_id, one, now) for one in call.wishes}
    items = [
        CallItemRow(
            call_id=call_id,
            position=position,
            marketo_id=one.marketo_id,
            request_id=_request_id(call_id, one),
        )
        for position, one in enumerate(call.wishes)
    ]
    new = calls.accept(_row(call_id, call, now), items, list(requests.values()))
    return Accepted(call_id, repeated=not new)


def _call_ids(call: Call, now: datetime) -> tuple[str, str | None]:
    """Return the call's id, and the one that an equal call had that came shortly before."""
    if call.lasting:
        return _uuid(f"{call.source}/{call.identity}"), None
    turn = int(now.timestamp() // REPETITION.total_seconds())
    this, before = (_uuid(f"{call.source}/{call.identity}/{turn - back}") for back in (0, 1))
    return this, before


def _row(call_id: str, call: Call, now: datetime) -> CallRow:
    back = call.callback
    secrets: Json | None = None
    if back is not None:
        secrets = {"url": back.url, "key": back.key, "token": back.token}
    return CallRow(
        call_id=call_id,
        source=call.source,
        mode=call.mode,
        munchkin_id=call.munchkin_id,
        campaign=call.campaign,
        callback=secrets,
        status="open" if secrets else "closed",
        received_at=now,
        answer_by=now + ANSWER_WITHIN[call.mode],
        attempts=0,
        next_attempt_at=now,
        unanswered=False,
        error=None,
        updated_at=now,
    )


def _request(call_id: str, one: Wish, now: datetime) -> RequestRow:
    """Return the request of a person; one that cannot be done is answered already."""
    return RequestRow(
        request_id=_request_id(call_id, one),
        action=one.action,
        marketo_id=one.marketo_id,
        dynamics_table=None,
        dynamics_id=None,
        sync_as=one.sync_as,
        assign_to=one.assign_to,
        status="failed" if one.refusal else "waiting",
        outcome="refused" if one.refusal else None,
        message=one.refusal,
        cycle_id=None,
        requested_at=now,
        updated_at=now,
    )


def _request_id(call_id: str, one: Wish) -> str:
    """Return the id of the request; a person that a call names twice alike is asked for once."""
    return _uuid("/".join([call_id, *_parts(one)]))


def _parts(one: Wish) -> Iterator[str]:
    yield str(one.marketo_id)
    yield from (one.action, one.sync_as, one.assign_to or "", one.refusal or "")


def _uuid(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name.encode("utf-8", "replace").decode()))
