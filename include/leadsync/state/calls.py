"""Calls of the flow step and of webhooks in SQL; implements ``leadsync.state.call_port``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from leadsync.state import requests
from leadsync.state.bulk import upsert
from leadsync.state.call_port import (
    CallCounts,
    CallItemRow,
    CallResult,
    CallRow,
    Outlook,
)
from leadsync.state.engine import reading, writing
from leadsync.state.port import RequestRow
from leadsync.state.statements import among, insert_missing, rows_of
from leadsync.state.tables import call, call_item, request

_WAITING = and_(
    request.c.status == "waiting",
    exists().where(
        call_item.c.request_id == request.c.request_id,
        call.c.call_id == call_item.c.call_id,
        call.c.mode == "real_time",
    ),
)
_UNDECIDED = exists().where(
    call_item.c.call_id == call.c.call_id,
    request.c.request_id == call_item.c.request_id,
    request.c.status == "waiting",
)


class SqlCalls:
    """Calls over an engine whose tables are migrated; one transaction for each method."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accept(
        self, call: CallRow, items: Sequence[CallItemRow], requests: Sequence[RequestRow]
    ) -> bool:
        with writing(self._engine) as connection:
            return _accept(connection, call, items, requests)

    def known(self, call_ids: Sequence[str]) -> set[str]:
        with reading(self._engine) as connection:
            named = select(call.c.call_id).where(among(connection, call.c.call_id, call_ids))
            return set(connection.execute(named).scalars())

    def waiting_requests(self, limit: int) -> list[RequestRow]:
        oldest = select(request).where(_WAITING)
        ordered = oldest.order_by(request.c.requested_at, request.c.request_id).limit(limit)
        with reading(self._engine) as connection:
            return cast("list[RequestRow]", rows_of(connection, ordered))

    def outlook(self, now: datetime) -> Outlook:
        waiting = select(func.count(), func.max(request.c.requested_at)).where(_WAITING)
        callbacks = select(func.count()).select_from(call).where(_due(now))
        with reading(self._engine) as connection:
            count, newest = connection.execute(waiting).one()
            return Outlook(count, newest, connection.execute(callbacks).scalar_one())

    def due(self, now: datetime, limit: int) -> list[CallRow]:
        oldest = select(call).where(_due(now)).order_by(call.c.received_at, call.c.call_id)
        with reading(self._engine) as connection:
            return cast("list[CallRow]", rows_of(connection, oldest.limit(limit)))

    def claim(self, call: CallRow, until: datetime) -> bool:
        with writing(self._engine) as connection:
            return _claim(connection, call, until)

    def record(self, call: CallRow) -> None:
        with writing(self._engine) as connection:
            _record(connection, call)

    def results(self, call_ids: Sequence[str]) -> list[CallResult]:
        answers = (request.c.action, request.c.status, request.c.outcome, request.c.message)
        named = (call_item.c.call_id, call_item.c.position, call_item.c.marketo_id, *answers)
        joined = call_item.outerjoin(request, request.c.request_id == call_item.c.request_id)
        with reading(self._engine) as connection:
            wanted = among(connection, call_item.c.call_id, call_ids)
            ordered = select(*named).select_from(joined).where(wanted)
            ordered = ordered.order_by(call_item.c.call_id, call_item.c.position)
            return cast("list[CallResult]", rows_of(connection, ordered))

    def counts(self) -> CallCounts:
        unfinished = select(call.c.status, func.count()).where(call.c.status != "closed")
        with reading(self._engine) as connection:
            rows = connection.execute(unfinished.group_by(call.c.status)).all()
        numbers: dict[str, int] = {status: number for status, number in rows}
        return CallCounts(numbers.get("open", 0), numbers.get("given_up", 0))

    def forget(self, before: datetime) -> int:
        ended = and_(call.c.status != "open", call.c.updated_at < before)
        with writing(self._engine) as connection:
            return connection.execute(delete(call).where(ended)).rowcount


def _accept(
    connection: Connection,
    row: CallRow,
    items: Sequence[CallItemRow],
    made: Sequence[RequestRow],
) -> bool:
    if not insert_missing(connection, call, row):
        return False
    upsert(connection, call_item, items)
    requests.write(connection, made)
    return True


def _claim(connection: Connection, row: CallRow, until: datetime) -> bool:
    unchanged = and_(
        call.c.call_id == row["call_id"],
        call.c.status == "open",
        call.c.attempts == row["attempts"],
    )
    claimed = update(call).where(unchanged)
    attempt = {"attempts": row["attempts"] + 1, "next_attempt_at": until, "unanswered": True}
    return bool(connection.execute(claimed.values(attempt)).rowcount == 1)


def _record(connection: Connection, row: CallRow) -> None:
    upsert(connection, call, [row])


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(
        call.c.status == "open",
        call.c.next_attempt_at <= now,
        or_(~_UNDECIDED, call.c.answer_by <= now),
    )
