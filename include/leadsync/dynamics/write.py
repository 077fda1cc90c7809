"""Writes rows in ``$batch`` so that a repetition does no harm (reference/dataverse-webapi.md 11).

A batch whose answer is lost is sent again: an update carries ``If-Match``, so a second execution
changes nothing or is a conflict; a create carries the row's id, so it finds its own first attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadsync.clock import Clock
from leadsync.dynamics.batch import MAX_OPERATIONS, BatchAnswer, Operation
from leadsync.dynamics.batches import CALL, send_batch
from leadsync.dynamics.channel import Channel
from leadsync.dynamics.errors import SYSTEM
from leadsync.dynamics.faults import TOO_LARGE, Fault
from leadsync.dynamics.headers import RETURN_ROW, json_body
from leadsync.dynamics.naming import Naming, TableName
from leadsync.dynamics.outcome import outcome_of, postponed
from leadsync.dynamics.read import Reader
from leadsync.errors import RejectedError, ThrottledError, TransientApiError
from leadsync.http.retry import TRANSIENT_ATTEMPTS, retrying
from leadsync.model import RowResult, RowWrite

_TYPE = "application/json; type=entry"


@dataclass
class _Progress:
    """State of one ``write_rows``: results by position, and what is known of the rest."""

    results: dict[int, RowResult] = field(default_factory=dict)
    open_faults: dict[int, Fault] = field(default_factory=dict)
    doubted: set[int] = field(default_factory=set)


class Writer:
    """Writes rows of any table of one organisation."""

    def __init__(self, channel: Channel, naming: Naming, reader: Reader) -> None:
        self._channel = channel
        self._naming = naming
        self._reader = reader

    @property
    def _clock(self) -> Clock:
        return self._channel.clock

    def write_rows(self, writes: Sequence[RowWrite]) -> list[RowResult]:
        """Write at most 1000 rows in one ``$batch``; results in input order.

        Parts that fail for a time (429, 5xx, deadlock) are sent again in a smaller batch; those
        that never come through are reported as ``conflict`` with their error. A batch that is too
        large is split.

        :raises ValueError: more than 1000 rows.
        :raises ApiError: the batch as a whole was refused.
        """
        if len(writes) > MAX_OPERATIONS:
            raise ValueError(f"A batch takes {MAX_OPERATIONS} rows, not {len(writes)}.")
        progress = _Progress()
        self._write(writes, range(len(writes)), progress)
        for index, fault in progress.open_faults.items():
            progress.results.setdefault(index, postponed(fault))
        self._recognise_own(writes, progress)
        return [progress.results[index] for index in range(len(writes))]

    def _write(
        self, writes: Sequence[RowWrite], pending: Sequence[int], progress: _Progress
    ) -> None:
        """Send ``pending`` until every row has a result or keeps failing."""

        def attempt() -> None:
            left = [index for index in pending if index not in progress.results]
            while left:
                answer = self._send(writes, left, progress)
                if answer is None:
                    return
                left = self._settle(writes, left, answer, progress)
            self._raise_open(pending, progress)

        try:
            retrying(self._clock, attempts=_part_attempts)(attempt)
        except _OpenRowsError:
            return
        except _ThrottledRowsError:
            return

    def _send(
        self, writes: Sequence[RowWrite], left: Sequence[int], progress: _Progress
    ) -> BatchAnswer | None:
        """Return the answer to one batch, or ``None`` when it was too large and was split."""
        operations = [self._operation(writes[index]) for index in left]
        try:
            return send_batch(
                self._channel, operations, on_doubt=lambda: progress.doubted.update(left)
            )
        except RejectedError as error:
            if error.code not in (TOO_LARGE, "413") or len(left) == 1:
                raise
        middle = len(left) // 2
        self._write(writes, left[:middle], progress)
        self._write(writes, left[middle:], progress)
        return None

    def _settle(
        self,
        writes: Sequence[RowWrite],
        left: Sequence[int],
        answer: BatchAnswer,
        progress: _Progress,
    ) -> list[int]:
        """Take over the answers; return the rows that the service did not get to.

        :raises TransientApiError: no answer at all arrived.
        """
        for index, part in zip(left, answer.parts, strict=False):
            outcome = outcome_of(writes[index], part, self._clock.now())
            if isinstance(outcome, RowResult):
                progress.results[index] = outcome
                progress.open_faults.pop(index, None)
            else:
                progress.open_faults[index] = outcome
                if not outcome.throttled:
                    progress.doubted.add(index)
        unanswered = list(left[len(answer.parts) :])
        if unanswered and not answer.complete:
            progress.doubted.update(unanswered)
        if unanswered and not answer.parts:
            raise _GarbledBatchError("the answer holds no part", system=SYSTEM, call=CALL)
        return unanswered

    def _raise_open(self, pending: Sequence[int], progress: _Progress) -> None:
        """Raise the temporary faults that are left, so that they are waited for and repeated."""
        faults = [progress.open_faults[one] for one in pending if one in progress.open_faults]
        if not faults:
            return
        waits = [fault.retry_after for fault in faults if fault.retry_after is not None]
        message = f"{len(faults)} rows of a batch failed for a time"
        if any(fault.throttled for fault in faults):
            error = _ThrottledRowsError(
                message,
                system=SYSTEM,
                call=CALL,
                code=faults[0].code,
                retry_after=max(waits, default=None),
            )
            self._channel.parallelism.failed(error)
            raise error
        raise _OpenRowsError(message, system=SYSTEM, call=CALL, code=faults[0].code)

    def _operation(self, write: RowWrite) -> Operation:
        name = self._naming.of(write.table)
        headers = {
            "Content-Type": _TYPE,
            "Accept": "application/json",
            "Prefer": RETURN_ROW,
        }
        only_id = f"?$select={name.primary_id}"
        root = self._channel.root
        if write.operation == "create":
            body = json_body({**write.body, name.primary_id: write.row_id})
            return Operation("POST", f"{root}{name.entity_set}{only_id}", headers, body)
        headers["If-Match"] = write.etag or "*"
        return Operation(
            "PATCH", f"{root}{name.row(write.row_id)}{only_id}", headers, json_body(write.body)
        )

    def _recognise_own(self, writes: Sequence[RowWrite], progress: _Progress) -> None:
        """Turn ``exists`` into ``written`` where an earlier attempt made the row.

        Only after an attempt of unknown outcome can the taken id be our own; the row is then
        looked up, for a taken alternate key may as well belong to somebody else's row.
        """
        unsure: dict[TableName, list[int]] = {}
        for index in sorted(progress.doubted):
            if progress.results[index].status == "exists":
                unsure.setdefault(self._naming.of(writes[index].table), []).append(index)
        for name, indexes in unsure.items():
            ids = [writes[index].row_id for index in indexes]
            rows = self._reader.rows_by_id(name, ids, [name.primary_id])
            etags = {str(row[name.primary_id]).lower(): row.get("@odata.etag") for row in rows}
            for index in indexes:
                if (row_id := writes[index].row_id.lower()) in etags:
                    progress.results[index] = RowResult("written", etag=etags[row_id])


class _OpenRowsError(TransientApiError):
    """Rows of an otherwise answered batch failed for a time."""


class _ThrottledRowsError(ThrottledError):
    """Rows of an otherwise answered batch were throttled."""


class _GarbledBatchError(TransientApiError):
    """A batch was answered with something that is no batch answer."""


def _part_attempts(error: BaseException) -> int:
    repeated = isinstance(error, _OpenRowsError | _ThrottledRowsError | _GarbledBatchError)
    return TRANSIENT_ATTEMPTS if repeated else 1
